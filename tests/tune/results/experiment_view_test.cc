// SPDX-License-Identifier: Apache-2.0
#include "tune/results/experiment_view.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/tune/results/results_fixture.h"

namespace manta::experiment_view_test {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ExperimentViewTest : public ResultsFixture {
 protected:
  ExperimentView view() { return ExperimentView::open(directory_).value(); }

  // Trial 0 has failed once and runs again, trial 1 is complete, trial 2 waits.
  static std::vector<Change> story() {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    return {trial_changed(0, TrialState::kRunning),
            attempt_started(0, 1, 0, 10),
            reported(0, 1, {{"accuracy", 0.5}, {"loss", 2}}),
            attempt_ended(0, TrialState::kFailed, "signal 11", 1, 20),
            trial_changed(1, TrialState::kRunning),
            attempt_started(1, 1, 0, 11),
            reported(1, 1, {{"accuracy", 0.9}}),
            reported(1, 2, {{"accuracy", std::nan("")}, {"loss", kInf}}),
            attempt_ended(1, TrialState::kCompleted, "", 1, 30),
            checkpoint_saved(0, 1, "state"),
            trial_changed(0, TrialState::kRunning, 2),
            attempt_started(0, 2, 1, 21, 4),
            trial_changed(2, TrialState::kPending, 0)};
  }
};

TEST_F(ExperimentViewTest, WithoutAnExperimentThereIsNothingToSee) {
  const auto nothing = ExperimentView::open(root_);

  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(experiment_owner(root_), std::nullopt);
}

TEST_F(ExperimentViewTest, ANewExperimentHasItsSpecAndNoTrials) {
  const ResultStore store = create();

  EXPECT_EQ(view().spec()->name, "digits");
  EXPECT_EQ(view().spec()->objective.mode, Mode::kMax);
  EXPECT_THAT(view().trials().value(), SizeIs(0));
  EXPECT_THAT(view().last_metrics().value(), SizeIs(0));
}

TEST_F(ExperimentViewTest, TheSchedulersNewestSnapshotIsThere) {
  ResultStore store = create();
  EXPECT_EQ(view().scheduler_snapshot().value(), std::nullopt);

  ASSERT_TRUE(store.apply(std::vector<Change>{SnapshotsSaved{{"{}"}, {"old"}}, SnapshotsSaved{{"{}"}, {"new"}}}));

  EXPECT_EQ(view().scheduler_snapshot().value()->json, "new");
}

TEST_F(ExperimentViewTest, TrialsAreSeenAsTheyStandWhileTheWriterGoesOn) {
  ResultStore store = create();
  ExperimentView open = view();
  ASSERT_TRUE(store.apply(story()).has_value());

  const std::vector<TrialRecord> trials = open.trials().value();

  ASSERT_THAT(trials, SizeIs(3));
  EXPECT_EQ(trials[0].status.state, TrialState::kRunning) << "as recorded, not as a resumed run would have it";
  EXPECT_EQ(trials[0].status.attempt, 2);
  EXPECT_EQ(trials[0].started, at_second(10)) << "of the first attempt";
  EXPECT_EQ(trials[0].ended, std::nullopt);
  EXPECT_EQ(trials[1].status.best_value, 0.9);
  EXPECT_TRUE(std::isnan(*trials[1].status.value));
  EXPECT_EQ(trials[2].started, std::nullopt);
  EXPECT_EQ(trials[2].status.value, std::nullopt);
}

TEST_F(ExperimentViewTest, MetricsAreThoseOfTheLastReport) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(story()).has_value());

  const auto metrics = view().last_metrics().value();

  ASSERT_THAT(metrics, SizeIs(2));
  EXPECT_EQ(metrics.at(TrialId{0}).find("loss"), 2);
  EXPECT_TRUE(std::isinf(*metrics.at(TrialId{1}).find("loss")));
  EXPECT_TRUE(std::isnan(*metrics.at(TrialId{1}).find("accuracy")));
}

TEST_F(ExperimentViewTest, AttemptsAndCheckpointsOfOneTrialAreThoseOfNoOther) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(story()).has_value());

  const auto attempts = view().attempts(TrialId{0}).value();

  ASSERT_THAT(attempts, SizeIs(2));
  EXPECT_EQ(attempts[0].state, "failed");
  EXPECT_EQ(attempts[0].cause, "signal 11");
  EXPECT_EQ(attempts[0].ended, at_second(20));
  EXPECT_EQ(attempts[1].from_iteration, 1);
  EXPECT_THAT(view().attempts().value(), SizeIs(3));
  EXPECT_EQ(view().attempts(TrialId{0}).value()[0].slots, 1);
  EXPECT_EQ(view().attempts(TrialId{0}).value()[1].slots, 4);
  EXPECT_THAT(view().checkpoints(TrialId{1}).value(), SizeIs(0));
  const auto checkpoints = view().checkpoints(TrialId{0}).value();
  ASSERT_THAT(checkpoints, SizeIs(1));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "checkpoints" / checkpoints[0].file));
}

TEST_F(ExperimentViewTest, ReportsComeInTheOrderOfTheirArrival) {
  ResultStore store = create();
  ASSERT_TRUE(store.apply(story()).has_value());
  std::vector<std::string> seen;
  const auto note = [&](const Report& report, WallTime) {
    seen.push_back(to_string(report.trial) + ":" + std::to_string(report.iteration) + ":" +
                   std::to_string(report.metrics.size()));
  };

  ASSERT_TRUE(view().for_each_report({}, note).has_value());
  EXPECT_THAT(seen, ElementsAre("0:1:2", "1:1:1", "1:2:2"));
  seen.clear();
  ASSERT_TRUE(view().for_each_report(TrialId{1}, note).has_value());
  EXPECT_THAT(seen, ElementsAre("1:1:1", "1:2:2"));
}

TEST_F(ExperimentViewTest, TheOwnerIsWhoHasItOpenForWriting) {
  {
    const ResultStore store = create();
    ASSERT_TRUE(experiment_owner(directory_).has_value());
    EXPECT_THAT(*experiment_owner(directory_), HasSubstr("pid " + std::to_string(::getpid())));
  }

  EXPECT_EQ(experiment_owner(directory_), std::nullopt);
}

TEST_F(ExperimentViewTest, AnExperimentThatIsRunIsNotRemoved) {
  const ResultStore store = create();

  const auto removed = remove_experiment(directory_);

  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(database()));
}

TEST_F(ExperimentViewTest, RemovingTakesWhatMantaMadeAndLeavesTheRest) {
  create();
  std::ofstream(directory_ / "mine.txt") << "kept";

  EXPECT_THAT(remove_experiment(directory_).value(), ElementsAre(directory_ / "mine.txt"));
  EXPECT_FALSE(std::filesystem::exists(database()));
  EXPECT_EQ(remove_experiment(directory_).error().code, ErrorCode::kNotFound);

  directory_ = root_ / "second";
  create();
  EXPECT_THAT(remove_experiment(directory_).value(), SizeIs(0));
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

}  // namespace
}  // namespace manta::experiment_view_test
