// SPDX-License-Identifier: Apache-2.0
// What people see who open the database: docs/schema.md.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "tests/tune/results/results_fixture.h"
#include "tune/results/result_store.h"

namespace manta::testing::results_views_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Change ended(std::int64_t trial, TrialState state, std::string cause, std::optional<double> value,
             std::optional<double> best, std::int64_t second) {
  TrialStatus status = std::get<TrialChanged>(trial_changed(trial, state)).trial;
  status.cause = std::move(cause);
  status.value = value;
  status.best_value = best;
  status.iteration = 3;
  status.seconds = 1.5;
  return TrialChanged{std::move(status), at_second(second)};
}

class ResultsViewsTest : public ResultsFixture {
 protected:
  std::vector<Row> rows_after(const std::vector<Change>& changes, const std::string& sql) {
    ResultStore store = create();
    EXPECT_TRUE(store.apply(changes));
    return Viewer(database()).rows(sql);
  }
  std::vector<std::string> columns(const std::string& table) {
    std::vector<std::string> names;
    for (const Row& row : Viewer(database()).rows("SELECT name FROM pragma_table_info('" + table + "')")) {
      names.push_back(row[0]);
    }
    return names;
  }
};

TEST_F(ResultsViewsTest, HaveTheDocumentedColumns) {
  ASSERT_TRUE(create().close());

  EXPECT_THAT(columns("best_trials"),
              ElementsAre("rank", "trial", "value", "state", "iterations", "seconds", "config"));
  EXPECT_THAT(columns("trial_summary"),
              ElementsAre("trial", "state", "cause", "attempts", "iterations", "value", "best_value", "started",
                          "ended", "seconds", "config", "value_kind"));
  EXPECT_THAT(columns("learning_curves"),
              ElementsAre("trial", "attempt", "iteration", "seconds", "metric", "value", "value_kind"));
}

TEST_F(ResultsViewsTest, EveryTableAndColumnIsInTheDocumentation) {
  ASSERT_TRUE(create().close());
  std::ifstream file(MANTA_SOURCE_DIR "/docs/schema.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};

  for (const Row& table : Viewer(database()).rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")) {
    const std::size_t begin = text.find("### `" + table[0] + "`");
    ASSERT_NE(begin, std::string::npos) << table[0];
    const std::string section = text.substr(begin, text.find("\n### ", begin + 1) - begin);
    for (const std::string& column : columns(table[0])) {
      EXPECT_THAT(section, HasSubstr("`" + column + "`")) << table[0];
    }
  }
}

TEST_F(ResultsViewsTest, BestTrialsRanksByTheBestValueAndPutsNonFiniteLast) {
  const std::vector<Row> rows =
      rows_after({ended(0, TrialState::kCompleted, "", 0.7, 0.8, 9), ended(1, TrialState::kStopped, "", kNan, {}, 9),
                  ended(2, TrialState::kCompleted, "", 0.95, 0.95, 9), ended(3, TrialState::kRunning, "", {}, {}, 9),
                  ended(4, TrialState::kFailed, "x", kInf, 0.8, 9)},
                 "SELECT rank, trial, value, state, iterations, seconds FROM best_trials");

  EXPECT_EQ(rows, (std::vector<Row>{{"1", "2", "0.95", "completed", "3", "1.5"},
                                    {"2", "0", "0.8", "completed", "3", "1.5"},
                                    {"3", "4", "0.8", "failed", "3", "1.5"},
                                    {"4", "1", "NULL", "stopped", "3", "1.5"},
                                    {"5", "3", "NULL", "running", "3", "1.5"}}));
}

TEST_F(ResultsViewsTest, BestTrialsPutsTheSmallestFirstWhenTheModeIsMin) {
  spec_.objective.mode = Mode::kMin;

  const std::vector<Row> rows =
      rows_after({ended(0, TrialState::kCompleted, "", 2, 2, 9), ended(1, TrialState::kCompleted, "", -1, -1, 9),
                  ended(2, TrialState::kCompleted, "", kNan, {}, 9)},
                 "SELECT trial FROM best_trials");

  EXPECT_EQ(rows, (std::vector<Row>{{"1"}, {"0"}, {"2"}}));
}

TEST_F(ResultsViewsTest, BestTrialsShowsTheConfiguration) {
  const std::vector<Row> rows = rows_after({ended(0, TrialState::kCompleted, "", 1, 1, 9)},
                                           "SELECT config, json_extract(config, '$.lr') FROM best_trials");

  EXPECT_EQ(rows, (std::vector<Row>{{R"({"lr":0.5,"units":16})", "0.5"}}));
}

TEST_F(ResultsViewsTest, TrialSummaryTellsNanFromNoReport) {
  const std::vector<Row> rows = rows_after(
      {ended(0, TrialState::kCompleted, "", 0.5, 0.5, 9), ended(1, TrialState::kCompleted, "", kNan, 0.25, 9),
       ended(2, TrialState::kCompleted, "", kInf, {}, 9), ended(3, TrialState::kCompleted, "", -kInf, {}, 9),
       ended(4, TrialState::kCompleted, "", {}, {}, 9)},
      "SELECT value, value_kind, best_value FROM trial_summary");

  EXPECT_EQ(rows, (std::vector<Row>{{"0.5", "finite", "0.5"},
                                    {"NULL", "nan", "0.25"},
                                    {"Inf", "inf", "NULL"},
                                    {"-Inf", "-inf", "NULL"},
                                    {"NULL", "NULL", "NULL"}}));
}

TEST_F(ResultsViewsTest, TrialSummaryShowsTimesInUtcAndTheCauseOfAFailure) {
  const std::vector<Row> rows =
      rows_after({trial_changed(0, TrialState::kRunning), attempt_started(0, 1, 0, 5),
                  attempt_ended(0, TrialState::kFailed, "actor_died: signal 11", 1, 7), attempt_started(0, 2, 0, 8),
                  attempt_ended(0, TrialState::kFailed, "actor_died: signal 11", 2, 9),
                  ended(0, TrialState::kFailed, "actor_died: signal 11", {}, {}, 10),
                  trial_changed(1, TrialState::kRunning), attempt_started(1, 1, 0, 12)},
                 "SELECT trial, state, cause, started, ended FROM trial_summary");

  EXPECT_EQ(rows, (std::vector<Row>{
                      {"0", "failed", "actor_died: signal 11", "2026-01-01T00:00:05.000Z", "2026-01-01T00:00:10.000Z"},
                      {"1", "running", "", "2026-01-01T00:00:12.000Z", "NULL"}}));
}

TEST_F(ResultsViewsTest, LearningCurvesHasARowPerMetricOfEachReport) {
  const std::vector<Row> rows = rows_after(
      {trial_changed(0, TrialState::kRunning), attempt_started(0, 1),
       reported(0, 1, {{"loss", 3}, {"accuracy", 0.5}}, 1), attempt_ended(0, TrialState::kFailed, "x", 1),
       attempt_started(0, 2), reported(0, 1, {{"accuracy", kNan}}, 2), reported(0, 2, {{"accuracy", kInf}}, 2),
       reported(0, 3, {{"accuracy", -kInf}}, 2), reported(0, 4, {}, 2)},
      "SELECT * FROM learning_curves");

  EXPECT_EQ(rows, (std::vector<Row>{{"0", "1", "1", "0.5", "accuracy", "0.5", "finite"},
                                    {"0", "1", "1", "0.5", "loss", "3.0", "finite"},
                                    {"0", "2", "1", "0.5", "accuracy", "NULL", "nan"},
                                    {"0", "2", "2", "1.0", "accuracy", "Inf", "inf"},
                                    {"0", "2", "3", "1.5", "accuracy", "-Inf", "-inf"}}));
}

TEST_F(ResultsViewsTest, AveragesSkipNan) {
  const std::vector<Row> rows = rows_after({trial_changed(0, TrialState::kRunning), reported(0, 1, {{"loss", 1}}),
                                            reported(0, 2, {{"loss", kNan}}), reported(0, 3, {{"loss", 3}})},
                                           "SELECT avg(value), max(value) FROM learning_curves WHERE metric = 'loss'");

  EXPECT_EQ(rows, (std::vector<Row>{{"2.0", "3.0"}}));
}

}  // namespace
}  // namespace manta::testing::results_views_test
