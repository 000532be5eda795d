// SPDX-License-Identifier: Apache-2.0
// What people see who open the database: docs/schema.md.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>

#include "core/base/random.h"
#include "tests/tune/results/results_fixture.h"
#include "tune/results/experiment_view.h"
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
  EXPECT_THAT(columns("pareto_front"),
              ElementsAre("trial", "objectives", "state", "iterations", "seconds", "config"));
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

class ParetoFrontTest : public ResultsViewsTest {
 protected:
  ParetoFrontTest() {
    spec_.further = {.objectives = {{"ms", Mode::kMin}}, .constraints = {MetricCondition::parse("mb < 100").value()}};
  }
  /// The trials of the front, of trials with these reports, one each.
  std::vector<Row> front_of(const std::vector<Metrics>& reports,
                            const std::string& sql = "SELECT trial FROM pareto_front") {
    std::vector<Change> changes;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      const auto trial = static_cast<std::int64_t>(i);
      changes.push_back(trial_changed(trial, TrialState::kRunning));
      changes.push_back(attempt_started(trial));
      changes.push_back(reported(trial, 1, reports[i]));
    }
    return rows_after(changes, sql);
  }
};

TEST_F(ParetoFrontTest, HasWhatNoOtherTrialDominatesTheBestByTheFirstMetricFirst) {
  EXPECT_EQ(front_of({{{"accuracy", 0.5}, {"ms", 1}, {"mb", 1}},
                      {{"accuracy", 0.9}, {"ms", 9}, {"mb", 1}},
                      {{"accuracy", 0.8}, {"ms", 9}, {"mb", 1}},
                      {{"accuracy", 0.8}, {"ms", 3}, {"mb", 1}},
                      {{"accuracy", 0.8}, {"ms", 3}, {"mb", 1}},
                      {{"accuracy", 0.4}, {"ms", 2}, {"mb", 1}}}),
            (std::vector<Row>{{"1"}, {"3"}, {"4"}, {"0"}}));
}

TEST_F(ParetoFrontTest, ShowsAllObjectivesInTheirOrder) {
  EXPECT_EQ(front_of({{{"accuracy", 0.5}, {"ms", 1}, {"mb", 1}}}, "SELECT * FROM pareto_front"),
            (std::vector<Row>{
                {"0", R"({"accuracy":0.5,"ms":1.0})", "running", "1", "0.5", R"({"lr":0.5,"units":16})"}}));
}

TEST_F(ParetoFrontTest, LeavesOutWhatIsNotWholeNotFiniteOrBreaksAConstraint) {
  EXPECT_EQ(front_of({{{"accuracy", 0.9}, {"mb", 1}},
                      {{"accuracy", 0.9}, {"ms", kNan}, {"mb", 1}},
                      {{"accuracy", kInf}, {"ms", 1}, {"mb", 1}},
                      {{"ms", 1}, {"mb", 1}},
                      {{"accuracy", 0.9}, {"ms", 1}, {"mb", 100}},
                      {{"accuracy", 0.9}, {"ms", 1}},
                      {{"accuracy", 0.1}, {"ms", 7}, {"mb", 99}}}),
            (std::vector<Row>{{"6"}}));
}

TEST_F(ParetoFrontTest, OfATrialTheLastReportWithTheFirstMetricCounts) {
  const Metrics good{{"accuracy", 0.9}, {"ms", 1}, {"mb", 1}};
  const Metrics worse{{"accuracy", 0.1}, {"ms", 5}, {"mb", 1}};
  const std::vector<Row> rows = rows_after(
      {trial_changed(0, TrialState::kRunning), attempt_started(0), reported(0, 1, good), reported(0, 2, worse),
       reported(0, 3, {{"ms", 0}}), trial_changed(1, TrialState::kInfeasible), attempt_started(1),
       reported(1, 1, good)},
      "SELECT objectives FROM pareto_front");

  EXPECT_EQ(rows, (std::vector<Row>{{R"({"accuracy":0.1,"ms":5.0})"}}));
}

TEST_F(ParetoFrontTest, OfThreeHundredTrialsWithEightMetricsIsThatOfTheDefinition) {
  spec_ = {.name = "many", .objective = {"m0", Mode::kMax}, .json = "{}", .created = at_second(0)};
  for (int i = 1; i < 8; ++i) spec_.further.objectives.push_back({"m" + std::to_string(i)});
  RandomStream random(1, 0);
  std::vector<Metrics> reports;
  for (int trial = 0; trial < 300; ++trial) {
    Metrics metrics;
    for (int i = 0; i < 8; ++i) metrics.set("m" + std::to_string(i), static_cast<double>(random.below(3)));
    reports.push_back(metrics);
  }
  const auto is_dominated = [&](const Metrics& by, const Metrics& point) {
    bool is_better = false;
    for (int i = 0; i < 8; ++i) {
      const std::string name = "m" + std::to_string(i);
      const double sign = i == 0 ? -1 : 1;
      if (sign * *by.find(name) > sign * *point.find(name)) return false;
      is_better = is_better || sign * *by.find(name) < sign * *point.find(name);
    }
    return is_better;
  };
  std::vector<Row> expected;
  for (std::size_t trial = 0; trial < reports.size(); ++trial) {
    const auto by = [&](const Metrics& other) { return is_dominated(other, reports[trial]); };
    if (std::none_of(reports.begin(), reports.end(), by)) expected.push_back({std::to_string(trial)});
  }

  EXPECT_EQ(front_of(reports, "SELECT trial FROM pareto_front ORDER BY trial"), expected);
}

TEST_F(ParetoFrontTest, WhatIsWantedIsReadAgain) {
  spec_.further.objectives.push_back({"odd, \"name\" <= 3", Mode::kMax});
  spec_.further.constraints.push_back({"a<b", MetricCondition::Comparison::kGreater, 0.1});
  ASSERT_TRUE(create().close());

  EXPECT_EQ(ExperimentView::open(directory_).value().spec().value().further, spec_.further);
  EXPECT_EQ(open().load().value().spec.further, spec_.further);
}

TEST_F(ParetoFrontTest, TheBestValueOfATrialIsOfReportsThatKeepTheConstraints) {
  const std::vector<Row> rows = rows_after(
      {trial_changed(0, TrialState::kRunning), attempt_started(0), reported(0, 1, {{"accuracy", 0.9}, {"mb", 200}}),
       reported(0, 2, {{"accuracy", 0.7}, {"mb", 50}}), reported(0, 3, {{"accuracy", 0.8}})},
      "SELECT value, best_value FROM trial_summary");

  EXPECT_EQ(rows, (std::vector<Row>{{"0.8", "0.7"}}));
}

}  // namespace
}  // namespace manta::testing::results_views_test
