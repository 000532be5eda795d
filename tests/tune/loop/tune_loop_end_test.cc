// SPDX-License-Identifier: Apache-2.0
// The loop being ended before its time: interruption, time budget, storage failure.
#include <thread>

#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_end_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum TrialState;
using std::chrono::seconds;

class TuneLoopEndTest : public LoopFixture {
 protected:
  TuneLoopEndTest() {
    options_.concurrency = 2;
    options_.max_iterations = 100;
  }

  void request_stop_at(std::int64_t number, std::int64_t iteration) {
    observer_.report_hook = [this, number, iteration](const Report& report, const Progress&) {
      if (report.trial.number == number && report.iteration == iteration) loop_->request_stop();
    };
  }

  Duration elapsed() const { return simulated_->clock().now().time_since_epoch(); }
};

TEST_F(TuneLoopEndTest, RequestStopCheckpointsWhatRunsAndLeavesItInterrupted) {
  request_stop_at(1, 2);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
  EXPECT_EQ(calls(0), "launch advance advance advance save stop");
  EXPECT_EQ(calls(1), "launch advance advance advance save stop");
  EXPECT_THAT(states(0), ElementsAre(kRunning, kInterrupted));
  EXPECT_EQ(sink_.all<AttemptEnded>().front().state, kInterrupted);
  EXPECT_EQ(sink_.all<CheckpointSaved>().size(), 2u);
  EXPECT_TRUE(scheduler_.ended.empty());
  EXPECT_EQ(searcher_.asked.size(), 2u);
  expect_consistent(sink_.changes(), 2);
}

// Both were told to end at once, as a service's manager does it.
TEST_F(TuneLoopEndTest, AProcessThatDiesWhenTheRunIsToldToEndIsNoFailure) {
  simulation_.failure = [](TrialId trial, std::int64_t iteration) -> std::optional<AttemptFailed> {
    if (trial.number != 1 || iteration != 3) return std::nullopt;
    return AttemptFailed{{ErrorCode::kActorDied, "killed by signal 15"}};
  };
  request_stop_at(1, 2);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(states(0), ElementsAre(kRunning, kInterrupted));
  EXPECT_THAT(states(1), ElementsAre(kRunning, kPending, kInterrupted));
  EXPECT_THAT(trial(1).cause, HasSubstr("signal 15"));
  EXPECT_EQ(sink_.all<AttemptEnded>().size(), 2u);
  EXPECT_TRUE(scheduler_.ended.empty());
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopEndTest, RequestStopBeforeTheRunStartsNothing) {
  on_start_ = [this] { loop_->request_stop(); };

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
  EXPECT_TRUE(executor_->calls.empty());
}

TEST_F(TuneLoopEndTest, RequestStopComesFromAnyThread) {
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.iteration == 5 && report.trial.number == 0) std::thread([this] { loop_->request_stop(); }).join();
  };

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
}

TEST_F(TuneLoopEndTest, AnAttemptThatDoesNotAnswerIsStoppedAfterTheGrace) {
  options_.interrupt_grace = seconds(8);
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(static_cast<double>(iteration), trial.number == 1 && iteration == 3 ? 1e6 : 1));
  };
  options_.checkpoint_every = 2;
  request_stop_at(0, 4);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
  EXPECT_EQ(calls(1), "launch advance advance save advance stop");
  EXPECT_THAT(states(1), ElementsAre(kRunning, kInterrupted));
  EXPECT_LE(elapsed(), seconds(4 + 8));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopEndTest, ASaveThatDoesNotAnswerIsCutOffToo) {
  options_.max_trials = 1;
  simulation_.save_cost = seconds(1'000'000);
  request_stop_at(0, 3);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(calls(0), "launch advance advance advance advance save stop");
  EXPECT_TRUE(sink_.all<CheckpointSaved>().empty());
  EXPECT_LE(elapsed(), seconds(12));
}

TEST_F(TuneLoopEndTest, AnExecutorThatNeverAnswersAStopIsLeftBehind) {
  // Passes everything on except stop().
  class DeafExecutor final : public Executor {
   public:
    explicit DeafExecutor(Executor& executor) : executor_(executor) {}
    void launch(Launch launch) override { executor_.launch(std::move(launch)); }
    void advance(TrialId trial) override { executor_.advance(trial); }
    void save(TrialId trial) override { executor_.save(trial); }
    void stop(TrialId) override {}
    void abort(TrialId) override {}
    int slots() const override { return 2; }
    std::optional<Event> next_event(TimePoint deadline) override { return executor_.next_event(deadline); }
    void wait(TimePoint deadline) override { executor_.wait(deadline); }
    void interrupt() override { executor_.interrupt(); }
    const Clock& clock() const override { return executor_.clock(); }

   private:
    Executor& executor_;
  };
  SimulatedExecutor simulated(step_, {.slots = 2});
  DeafExecutor executor(simulated);
  options_.time_budget = seconds(3);
  TuneLoop loop(options_, {searcher_, scheduler_, executor, sink_, observer_});

  const auto end = loop.run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kTimeBudget);
  EXPECT_LE(simulated.clock().now().time_since_epoch(), seconds(3 + 8 + 3));
}

TEST_F(TuneLoopEndTest, AfterTheTimeBudgetNothingStartsAndWhatRunsIsCheckpointed) {
  options_.max_iterations = 4;
  options_.max_trials = 100;
  options_.time_budget = seconds(10);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kTimeBudget);
  EXPECT_EQ(loop_->trials().size(), 6u);
  EXPECT_EQ(trial(3).state, kCompleted);
  EXPECT_EQ(trial(4).state, kInterrupted);
  EXPECT_LE(elapsed(), seconds(11));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopEndTest, AStopOrderedWhileLeavingIsStillCarriedOut) {
  request_stop_at(0, 2);
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.iteration == 3) return std::vector<Order>{{report.trial, Stop{}}, {{1}, Pause{}}};
    return std::vector<Order>{};
  };

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(trial(0).state, kStopped);  // It was in its third step.
  EXPECT_EQ(trial(1).state, kInterrupted);
}

TEST_F(TuneLoopEndTest, QueuedTrialsAreInterruptedTooAndPausedOnesStayPaused) {
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number == 0) return std::vector<Order>{{report.trial, Pause{}}};
    return std::vector<Order>{};
  };
  request_stop_at(1, 4);

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(states(0), ElementsAre(kRunning, kPaused));
  for (const TrialStatus& status : loop_->trials())
    EXPECT_EQ(status.state, status.id.number == 0 ? kPaused : kInterrupted);
}

TEST_F(TuneLoopEndTest, AFailureWhileLeavingIsNoEnd) {
  options_.max_failures = 1;
  request_stop_at(1, 2);
  simulation_.fails = [](TrialId trial, int, std::int64_t iteration) { return trial.number == 1 && iteration == 3; };

  const auto end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(trial(1).state, kInterrupted);
  EXPECT_THAT(trial(1).cause, HasSubstr("iteration 3"));
}

TEST_F(TuneLoopEndTest, AStorageFailureStopsEverythingAndIsReturned) {
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.iteration == 3) sink_.failure = Error{ErrorCode::kStorage, "experiment.db: disk full"};
  };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kStorage);
  EXPECT_EQ(end.error().message, "experiment.db: disk full");
  EXPECT_EQ(calls(0).substr(calls(0).size() - 4), "stop");
  EXPECT_EQ(calls(1).substr(calls(1).size() - 4), "stop");
  EXPECT_EQ(calls(0).find("save"), std::string::npos);
}

TEST_F(TuneLoopEndTest, AStorageFailureWhileWaitingForDurabilityIsReturned) {
  options_.wait_for_durable_reports = true;
  sink_.durable_limit = 0;
  observer_.tick_hook = [this] {
    if (observer_.ticks.size() > 5) sink_.failure = Error{ErrorCode::kStorage, "gone"};
  };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kStorage);
}

TEST_F(TuneLoopEndTest, AStorageFailureOnTheLastFlushIsReturned) {
  options_.max_iterations = 1;
  sink_.durable_limit = 0;
  observer_.tick_hook = [this] {
    if (observer_.ticks.size() > 20) sink_.failure = Error{ErrorCode::kStorage, "gone"};
  };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kStorage);
}

}  // namespace
}  // namespace manta::tune_loop_end_test
