// SPDX-License-Identifier: Apache-2.0
// Recorded trials, run again: which one a configuration is run by, and how it ends.
#include "tune/loop/recorded_trials.h"

#include <gmock/gmock.h>

#include "tests/tune/loop/loop_fixture.h"

namespace manta::recorded_trials_test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using enum TrialState;

Space space_of(std::string_view json) { return parse_space(json).value(); }

// One that reports `losses`, a second each, for x.
RecordedTrial recorded(double x, std::vector<double> losses, RecordedTrial::End end = RecordedTrial::End::kWhole) {
  RecordedTrial trial{Config{{"x", x}}, {}, end, end == RecordedTrial::End::kWhole ? "" : "as it was recorded"};
  for (const double loss : losses) trial.iterations.push_back({1, {{"loss", loss}}});
  return trial;
}

class RecordedTrialsTest : public LoopFixture {
 protected:
  RecordedTrialsTest() {
    options_.max_iterations.reset();
    options_.max_trials = 100;
  }

  // All recorded trials, or those that `searcher` suggests.
  void run_again(RecordedTrials& trials, Searcher& searcher, int slots = 1) {
    options_.concurrency = slots;
    executor_of_trials_ = trials.executor(slots);
    loop_ = std::make_unique<TuneLoop>(options_,
                                       TuneLoop::Parts{searcher, scheduler_, *executor_of_trials_, sink_, observer_});
    ASSERT_EQ(loop_->run().value(), LoopEnd::kFinished);
  }

  double virtual_seconds() const { return to_seconds(executor_of_trials_->clock().now().time_since_epoch()); }

  std::unique_ptr<SimulatedExecutor> executor_of_trials_;
};

TEST_F(RecordedTrialsTest, EachTrialReportsAsItDidAndEndsAsItDid) {
  using enum RecordedTrial::End;
  RecordedTrials trials({recorded(0.1, {3, 2, 1}), recorded(0.2, {5}, kFailed), recorded(0.3, {}, kInfeasible),
                         recorded(0.4, {4, 3}, kCut)},
                        space_of(R"({"x": {"float": [0, 1]}})"));
  RecordedSearcher searcher(trials.trials(), 0);

  run_again(trials, searcher, 2);

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(trial(0).value, 1);
  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(reports_of(1), "1.1");
  EXPECT_EQ(trial(1).state, TrialState::kFailed);
  EXPECT_EQ(trial(1).cause, "task_failed: as it was recorded");
  EXPECT_EQ(trial(2).state, TrialState::kInfeasible);
  EXPECT_EQ(trial(2).cause, "infeasible: as it was recorded");
  EXPECT_EQ(trial(3).state, kCompleted);
  EXPECT_EQ(trials.ran_out(), 1);
  EXPECT_EQ(trials.exact(), 4);
  EXPECT_EQ(trials.approximated(), 0);
  EXPECT_EQ(virtual_seconds(), 3) << "of two workers; what failed and the one after it fill the second's";
}

TEST_F(RecordedTrialsTest, AnUnknownConfigurationIsRunByItsNearestNeighbour) {
  RecordedTrials trials({recorded(0.001, {1}), recorded(0.1, {2}), recorded(1, {3})},
                        space_of(R"({"x": {"float": [0.001, 1], "log": true}})"));

  EXPECT_EQ(trials.nearest(Config{{"x", 0.1}}), 1u);
  EXPECT_EQ(trials.nearest(Config{{"x", 0.05}}), 1u) << "on the scale of logarithms";
  EXPECT_EQ(trials.nearest(Config{{"x", 0.002}}), 0u);
  EXPECT_EQ(trials.nearest(Config{{"x", 0.9}}), 2u);
}

TEST_F(RecordedTrialsTest, AnotherChoiceIsFartherThanAnyOtherNumber) {
  std::vector<RecordedTrial> table(3);
  table[0].config = Config{{"x", 0.0}, {"act", std::string("relu")}};
  table[1].config = Config{{"x", 0.9}, {"act", std::string("relu")}};
  table[2].config = Config{{"x", 0.2}, {"act", std::string("tanh")}};
  RecordedTrials trials(table, space_of(R"({"x": {"float": [0, 1]}, "act": {"choice": ["gelu", "relu", "tanh"]}})"));

  EXPECT_EQ(trials.nearest(Config{{"x", 0.5}, {"act", std::string("relu")}}), 1u);
  EXPECT_EQ(trials.nearest(Config{{"x", 1.0}, {"act", std::string("tanh")}}), 2u);
  EXPECT_EQ(trials.nearest(Config{{"x", 0.3}, {"act", std::string("gelu")}}), 2u) << "none has it: x decides";
}

TEST_F(RecordedTrialsTest, RepeatedConfigurationsRunEachOfTheirRecordings) {
  RecordedTrials trials({recorded(0.5, {1}), recorded(0.5, {2}), recorded(0.5, {3})},
                        space_of(R"({"x": {"float": [0, 1]}})"));
  RecordedSearcher searcher(trials.trials(), 0);

  run_again(trials, searcher);

  EXPECT_EQ(trial(0).value, 1);
  EXPECT_EQ(trial(1).value, 2);
  EXPECT_EQ(trial(2).value, 3);
}

TEST_F(RecordedTrialsTest, AClonedTrialGoesOnAlongTheCurveOfItsNewConfiguration) {
  RecordedTrials trials({recorded(0.0, {9, 9, 9}), recorded(1.0, {3, 2, 1})}, space_of(R"({"x": {"float": [0, 1]}})"));
  RecordedSearcher searcher(trials.trials(), 0);
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number != 0 || report.iteration != 2 || report.attempt != 1) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Clone{{1}, Config{{"x", 0.8}}}}};
  };

  run_again(trials, searcher, 2);

  EXPECT_EQ(trial(0).value, 1);
  EXPECT_EQ(trials.approximated(), 1);
}

TEST_F(RecordedTrialsTest, ASeedShufflesAndZeroKeepsTheOrder) {
  std::vector<RecordedTrial> table;
  for (int trial = 0; trial < 8; ++trial) table.push_back(recorded(trial / 8.0, {1}));
  const auto order = [&table](std::uint64_t seed) {
    RecordedSearcher searcher(table, seed);
    std::vector<double> values;
    for (std::int64_t trial = 0; auto config = searcher.ask({trial}).value(); ++trial) {
      values.push_back((*config)["x"].as<double>());
    }
    return values;
  };

  EXPECT_THAT(order(0), ElementsAre(0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875));
  EXPECT_NE(order(1), order(0));
  EXPECT_NE(order(1), order(2));
  EXPECT_EQ(order(1), order(1));
  EXPECT_THAT(order(1), UnorderedElementsAre(0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875));
}

TEST_F(RecordedTrialsTest, ATableOfCurvesIsRecordedTrialsWithoutItsFirstColumn) {
  const CurveTable table = CurveTable::parse("x,s0,s1,s2\n0.5,9,2,1\n1.0,9,3,\n").value();

  const std::vector<RecordedTrial> trials = recorded_trials(table, "loss", 2);

  ASSERT_EQ(trials.size(), 2u);
  ASSERT_EQ(trials[0].iterations.size(), 2u);
  EXPECT_EQ(trials[0].iterations[0].metrics, (Metrics{{"loss", 2}}));
  EXPECT_EQ(trials[0].iterations[0].seconds, 2);
  EXPECT_EQ(trials[1].iterations.size(), 1u);
}

}  // namespace
}  // namespace manta::recorded_trials_test
