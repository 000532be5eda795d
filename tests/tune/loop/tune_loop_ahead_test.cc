// SPDX-License-Identifier: Apache-2.0
// Trials whose iterations follow each other without the loop's word.
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_ahead_test {
namespace {

using enum TrialState;

class TuneLoopAheadTest : public LoopFixture {
 protected:
  TuneLoopAheadTest() {
    runs_ahead_ = true;
    options_.max_trials = 1;
    options_.wait_for_durable_reports = true;
    scheduler_.unjudged = [](std::int64_t) { return 1'000; };
    step_ = [](const Config&, TrialId, std::int64_t iteration) {
      Stepped step = stepped(static_cast<double>(iteration));
      step.waits_for_disk = false;
      return std::optional(step);
    };
  }
};

TEST_F(TuneLoopAheadTest, ATrialThatNobodyJudgesRunsOnUpToItsEnd) {
  options_.max_iterations = 200;

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance*64 advance*64 advance*64 advance*7 stop");
  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(trial(0).iteration, 200);
  EXPECT_EQ(scheduler_.judged.size(), 200u);
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopAheadTest, RunsOnUpToItsNextCheckpoint) {
  options_.max_iterations = 10;
  options_.checkpoint_every = 5;

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance*4 save advance*5 stop");
  ASSERT_EQ(sink_.all<CheckpointSaved>().size(), 1u);
  EXPECT_EQ(sink_.all<CheckpointSaved>()[0].checkpoint.iteration, 5);
}

TEST_F(TuneLoopAheadTest, RunsOnUpToTheReportThatIsJudged) {
  options_.max_iterations = 100;
  scheduler_.unjudged = [](std::int64_t iteration) { return iteration < 4 ? 4 - iteration : 1; };
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.iteration < 4) return std::vector<Order>{};
    return std::vector<Order>{{report.trial, Stop{}}};
  };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance*3 stop");
  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3 1.4");
  EXPECT_EQ(trial(0).state, kStopped);
}

TEST_F(TuneLoopAheadTest, OneThatRestsIsAdvancedAgain) {
  rests_ = [](TrialId) { return true; };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance*2 advance stop");
  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
}

TEST_F(TuneLoopAheadTest, AnOrderOfAnotherTrialWaitsUntilItRests) {
  options_.max_trials = 2;
  options_.concurrency = 2;
  options_.max_iterations = 6;
  scheduler_.resume = first_paused;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number != 1 || report.iteration != 3) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Pause{}}};
  };
  // Trial 0 would have run up to its end; after that order it rests.
  rests_ = [this](TrialId trial) { return trial.number == 0 && scheduler_.judged.size() >= 6; };

  run_to_end();

  ASSERT_FALSE(sink_.all<CheckpointSaved>().empty());
  const CheckpointSaved saved = sink_.all<CheckpointSaved>()[0];
  EXPECT_EQ(saved.trial, TrialId{0});
  EXPECT_EQ(states(0), (States{kRunning, kPaused, kRunning, kCompleted}));
  EXPECT_EQ(trial(0).iteration, 6);
  EXPECT_EQ(scheduler_.judged.size(), 12u) << "no iteration is done twice";
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopAheadTest, WhatAStoppedTrialStillReportsIsVoid) {
  options_.max_trials = 2;
  options_.concurrency = 2;
  options_.max_iterations = 6;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number != 1 || report.iteration != 3) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Stop{}}};
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(0).iteration, 3);
  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(calls(0), "launch advance*5 stop") << "not in the middle of it";
}

TEST_F(TuneLoopAheadTest, NoneRunsOnWhereTheLoopDecidesByEachReport) {
  const LoopOptions usual = options_;
  const auto expect_one_by_one = [this](const char* why) {
    sink_ = {};
    run_to_end();
    EXPECT_EQ(calls(0), "launch advance advance advance stop") << why;
    EXPECT_FALSE(executor_->launches[0].may_go_on) << why;
  };
  options_.stop = {*StopCondition::parse("loss>99")};
  expect_one_by_one("a stop condition");
  options_ = usual;
  options_.non_finite = NonFinite::kFail;
  expect_one_by_one("NaN is a failure");
  options_ = usual;
  options_.limits.stall_timeout = std::chrono::hours(1);
  expect_one_by_one("a limit");
  options_ = usual;
  options_.limits.trial_time = std::chrono::hours(1);
  expect_one_by_one("a limit");
}

TEST_F(TuneLoopAheadTest, OneThatWaitsForTheDiskDoesNotRunOn) {
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return std::optional(stepped(static_cast<double>(iteration)));
  };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance stop");
}

TEST_F(TuneLoopAheadTest, HowFarItIsAheadOfTheDiskIsBounded) {
  options_.max_iterations = 1'000;
  sink_.durable_limit = 0;
  std::size_t seen = 0;
  observer_.tick_hook = [this, &seen] {
    if (observer_.ticks.size() != 1'000) return;
    seen = observer_.reports.size();
    sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();
  };

  run_to_end();

  EXPECT_EQ(seen, 1 + 3 * 64) << "as many as go into 256 in whole runs";
  EXPECT_EQ(trial(0).iteration, 1'000);
}

TEST_F(TuneLoopAheadTest, WhoIsPausedAgainAndAgainIsNoFurtherAheadOfTheDiskThanOthers) {
  options_.max_iterations = 5'000;
  step_ = [](const Config&, TrialId, std::int64_t) {
    Stepped step = stepped(1, /*seconds=*/1e-6);
    step.waits_for_disk = false;
    return std::optional(step);
  };
  scheduler_.resume = first_paused;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    return std::vector<Order>{{report.trial, Pause{}}};
  };
  sink_.durable_limit = 0;
  observer_.tick_hook = [this] {  // Nothing more happens.
    loop_->request_stop();
    sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();
  };

  ASSERT_TRUE(run().has_value());

  EXPECT_GT(observer_.reports.size(), 200u);
  EXPECT_LE(observer_.reports.size(), 257u);
}

}  // namespace
}  // namespace manta::tune_loop_ahead_test
