// SPDX-License-Identifier: Apache-2.0
// The loop and time: limits of a trial, and the wait before it is tried again.
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_limits_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum TrialState;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TuneLoopLimitsTest : public LoopFixture {
 protected:
  TuneLoopLimitsTest() {
    options_.max_trials = 1;
    simulation_.fails = [this](TrialId, int attempt, std::int64_t iteration) {
      return iteration == 2 && attempt <= failing_attempts_;
    };
  }

  // When attempts of trial 0 started, in seconds since the first.
  std::vector<double> starts() const {
    std::vector<double> starts;
    const auto attempts = sink_.all<AttemptStarted>();
    for (const AttemptStarted& attempt : attempts) {
      if (attempt.trial.number == 0) starts.push_back(to_seconds(attempt.when - attempts.front().when));
    }
    return starts;
  }

  int failing_attempts_ = 0;
};

TEST_F(TuneLoopLimitsTest, AnIterationThatTakesTooLongFailsItsAttemptAndShowsWhereItWas) {
  options_.limits.step_time = seconds(10);
  options_.max_failures = 1;
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return std::optional(stepped(1, iteration == 2 ? 1000 : 1));
  };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance abort launch advance advance abort");
  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_EQ(trial(0).cause,
            "timeout: iteration 2 has taken longer than 10 s: actor_died: it was aborted in iteration 2");
  EXPECT_EQ(starts(), (std::vector<double>{0, 11}));
  EXPECT_EQ(reports_of(0), "1.1 2.1");
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopLimitsTest, ATrialThatHasHadItsTimeIsStoppedInTheMiddleOfAnIteration) {
  options_.limits.trial_time = milliseconds(2500);
  options_.max_failures = 3;

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(0).cause, "timeout: the trial has run for the 2.5 s that it may");
  EXPECT_EQ(reports_of(0), "1.1 1.2");
  EXPECT_EQ(calls(0), "launch advance advance advance stop");
  EXPECT_EQ(searcher_.told.back().state, kStopped);
}

TEST_F(TuneLoopLimitsTest, ATrialWhoseTimeEndsWithAnIterationBeginsNoOther) {
  options_.limits.trial_time = seconds(2);

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(calls(0), "launch advance advance stop");
}

TEST_F(TuneLoopLimitsTest, TheTimeOfEarlierAttemptsCountsAndThatOfAPauseDoesNot) {
  options_.limits.trial_time = milliseconds(2500);
  scheduler_.judge = [paused = false](const Report&, TrialsView) mutable -> Result<std::vector<Order>> {
    if (std::exchange(paused, true)) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Pause{}}};
  };
  simulation_.save_cost = seconds(100);
  scheduler_.resume = first_paused;

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 2.2");
  EXPECT_EQ(trial(0).state, kStopped);
}

TEST_F(TuneLoopLimitsTest, WhatStallsFailsWhateverItDoes) {
  options_.limits.stall_timeout = seconds(30);
  options_.checkpoint_every = 2;
  simulation_.save_cost = seconds(60);

  run_to_end();

  EXPECT_EQ(trial(0).cause.substr(0, 50), "stalled: no sign of life for 30 s while it saved: ");
  simulation_.launch_cost = seconds(60);
  run_to_end();
  EXPECT_THAT(trial(0).cause, HasSubstr("for 30 s while it was set up: "));
  simulation_.launch_cost = {};
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(stepped(1, 31)); };
  run_to_end();
  EXPECT_THAT(trial(0).cause, HasSubstr("for 30 s in iteration 1: "));
}

TEST_F(TuneLoopLimitsTest, CallsThatEndInTimeCostNothing) {
  options_.limits = {.trial_time = seconds(4), .step_time = seconds(2), .stall_timeout = seconds(2)};
  options_.max_trials = 20;

  run_to_end();

  for (std::int64_t number = 0; number < 20; ++number) EXPECT_EQ(trial(number).state, kCompleted);
}

// Its process was stopped and goes on: what answered meanwhile is not late.
TEST_F(TuneLoopLimitsTest, WhileTheLoopItselfIsHeldUpNobodysTimeRuns) {
  options_.limits.stall_timeout = seconds(30);
  options_.concurrency = 2;
  options_.max_trials = 2;
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(1, trial.number == 1 && iteration == 3 ? 1000 : 2));
  };
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.trial.number == 0 && report.iteration == 1) simulated_->wait(simulated_->clock().now() + seconds(3600));
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(reports_of(1), "1.1 1.2");
  EXPECT_THAT(trial(1).cause, HasSubstr("for 30 s in iteration 3: "));
}

TEST_F(TuneLoopLimitsTest, AStoppedTrialThatDoesNotComeToTheEndOfItsIterationIsCutOff) {
  options_.limits.step_time = seconds(10);
  options_.max_trials = 2;
  options_.concurrency = 2;
  step_ = [](const Config&, TrialId trial, std::int64_t) {
    return std::optional(stepped(1, trial.number == 1 ? 1000 : 1));
  };
  scheduler_.judge = [](const Report&, TrialsView) -> Result<std::vector<Order>> {
    return std::vector<Order>{{{1}, Stop{}}};
  };

  run_to_end();

  EXPECT_EQ(calls(1), "launch advance stop");
  EXPECT_THAT(states(1), ElementsAre(kRunning, kStopped));
}

TEST_F(TuneLoopLimitsTest, RetriesWaitTwiceAsLongEachTimeUpToAMinute) {
  failing_attempts_ = 9;
  options_.max_failures = 9;
  options_.retry_wait = seconds(1);

  run_to_end();

  std::vector<double> waits;
  for (std::size_t index = 1; index < starts().size(); ++index) waits.push_back(starts()[index] - starts()[index - 1]);
  // Less the two seconds that each attempt runs.
  for (double& wait : waits) wait -= 2;
  EXPECT_THAT(waits, ElementsAre(1, 2, 4, 8, 16, 32, 60, 60, 60));
  EXPECT_EQ(trial(0).state, kCompleted);
}

TEST_F(TuneLoopLimitsTest, OtherTrialsRunWhileOneWaits) {
  simulation_.fails = [](TrialId trial, int attempt, std::int64_t) { return trial.number == 0 && attempt == 1; };
  options_.max_failures = 1;
  options_.max_trials = 3;
  options_.retry_wait = seconds(4);

  run_to_end();

  std::vector<std::int64_t> order;
  for (const Launch& launch : executor_->launches) order.push_back(launch.trial.number);
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 0)) << "its turn comes at 4 s, when trial 2 has just begun";
}

TEST_F(TuneLoopLimitsTest, AWaitThatNobodyNeedsAnyMoreHoldsUpNothing) {
  simulation_.fails = [](TrialId trial, int, std::int64_t) { return trial.number == 0; };
  options_.max_failures = 5;
  options_.max_trials = 2;
  options_.concurrency = 2;
  options_.retry_wait = std::chrono::hours(1);
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.iteration < 3) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Stop{}}};
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_LT(to_seconds(simulated_->clock().now().time_since_epoch()), 10);
}

TEST_F(TuneLoopLimitsTest, ARunThatIsLeftDoesNotWaitForRetries) {
  simulation_.fails = [](TrialId, int, std::int64_t) { return true; };
  options_.max_failures = 5;
  options_.retry_wait = std::chrono::hours(1);
  options_.time_budget = std::chrono::minutes(1);

  const Result<LoopEnd> end = run();

  EXPECT_EQ(*end, LoopEnd::kTimeBudget);
  EXPECT_EQ(trial(0).state, kInterrupted);
  EXPECT_EQ(to_seconds(simulated_->clock().now().time_since_epoch()), 60);
}

TEST_F(TuneLoopLimitsTest, ASupersededAttemptCanRecordNothing) {
  failing_attempts_ = 1;
  options_.max_failures = 1;
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.attempt != 2 || report.iteration != 1) return;
    // Late words of the first attempt.
    executor_->injected.push_back({{0}, 1, stepped(99)});
    executor_->injected.push_back({{0}, 1, AttemptFailed{{ErrorCode::kActorDied, "late"}}});
  };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 2.1 2.2 2.3");
  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(trial(0).best_value, 1);
}

}  // namespace
}  // namespace manta::tune_loop_limits_test
