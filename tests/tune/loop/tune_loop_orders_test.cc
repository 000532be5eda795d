// SPDX-License-Identifier: Apache-2.0
// The loop carrying out a scheduler's orders.
#include <cmath>
#include <map>

#include "core/base/random.h"
#include "tests/support/sanitizer.h"
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_orders_test {
namespace {

using ::testing::ElementsAre;
using enum TrialState;

class TuneLoopOrdersTest : public LoopFixture {
 protected:
  using Orders = std::vector<Order>;

  /// The scheduler gives `orders` at the first report `iteration` of trial `number`, and none else.
  void order_at(std::int64_t number, std::int64_t iteration, Orders orders) {
    scripts_[{number, iteration}] = std::move(orders);
    scheduler_.judge = [this](const Report& report, TrialsView) -> Result<Orders> {
      const auto script = scripts_.find({report.trial.number, report.iteration});
      if (script == scripts_.end()) return Orders{};
      Orders found = std::move(script->second);
      scripts_.erase(script);
      return found;
    };
  }

  static Order clone(std::int64_t target, std::int64_t donor) {
    return {{target}, Clone{{donor}, Config{{"cloned_from", donor}}}};
  }

  // Iterations of trial 0 take one second, of trial 1 ten.
  void make_trial_1_slow() {
    step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
      return std::optional(stepped(static_cast<double>(iteration), trial.number == 1 ? 10 : 1));
    };
  }

 private:
  std::map<std::pair<std::int64_t, std::int64_t>, Orders> scripts_;
};

TEST_F(TuneLoopOrdersTest, StopEndsTheTrial) {
  order_at(0, 2, {{{0}, Stop{}}});

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(0).cause, "stopped by the scheduler after iteration 2");
  EXPECT_EQ(calls(0), "launch advance advance stop");
  EXPECT_THAT(scheduler_.ended.front(), (std::pair<TrialId, TrialState>({0}, kStopped)));
  EXPECT_EQ(trial(1).state, kCompleted);
}

TEST_F(TuneLoopOrdersTest, StopIsRecordedAtOnceAndCarriedOutAfterTheStepUnderWay) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 1, {{{1}, Stop{}}});

  run_to_end();

  // Recorded before trial 0's second report; trial 1's step ends after ten seconds, and its report is dropped.
  EXPECT_EQ(calls(1), "launch advance stop");
  EXPECT_EQ(reports_of(1), "");
  const auto changes = sink_.all<TrialChanged>();
  EXPECT_EQ(changes[2].trial.state, kStopped);
  EXPECT_EQ(changes[3].trial.state, kCompleted);
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopOrdersTest, PauseSavesAndFreesTheSlotAndResumeGoesOnFromThere) {
  options_.max_trials = 2;
  order_at(0, 2, {{{0}, Pause{}}});
  scheduler_.resume = [this](TrialsView trials) -> std::optional<TrialId> {
    return searcher_.asked.size() < 2 ? std::nullopt : first_paused(trials);
  };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance save stop launch advance stop");
  EXPECT_THAT(states(0), ElementsAre(kRunning, kPaused, kRunning, kCompleted));
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.3");
  EXPECT_EQ(executor_->launches.back().checkpoint->iteration, 2);
  EXPECT_EQ(trial(0).seconds, 3);
  EXPECT_EQ(sink_.all<AttemptEnded>().front().state, kPaused);
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopOrdersTest, APausedTrialIsResumedBeforeANewOneIsAskedFor) {
  order_at(0, 1, {{{0}, Pause{}}});
  scheduler_.resume = first_paused;

  run_to_end();

  EXPECT_EQ(executor_->launches[1].trial, TrialId{0});
}

TEST_F(TuneLoopOrdersTest, APausedTrialThatNobodyResumesIsStoppedInTheEnd) {
  order_at(0, 2, {{{0}, Pause{}}});

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(0).cause, "the scheduler did not resume it");
  EXPECT_EQ(trial(2).state, kCompleted);
}

TEST_F(TuneLoopOrdersTest, TheEndOfOnePausedTrialMayLetTheSchedulerResumeAnother) {
  options_.max_trials = 2;
  order_at(0, 2, {{{0}, Pause{}}});
  order_at(1, 2, {{{1}, Pause{}}});
  scheduler_.resume = [this](TrialsView trials) -> std::optional<TrialId> {
    return scheduler_.ended.empty() ? std::nullopt : first_paused(trials);
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(1).state, kCompleted);
}

TEST_F(TuneLoopOrdersTest, ResumingATrialThatIsNotPausedIsIgnored) {
  order_at(0, 1, {{{0}, Pause{}}});
  scheduler_.resume = [](TrialsView) { return std::optional(TrialId{17}); };

  run_to_end();

  EXPECT_EQ(trial(0).state, kStopped);
}

TEST_F(TuneLoopOrdersTest, StopOfAPausedTrialEndsItAtOnce) {
  order_at(0, 1, {{{0}, Pause{}}});
  order_at(1, 1, {{{0}, Stop{}}});

  run_to_end();

  EXPECT_THAT(states(0), ElementsAre(kRunning, kPaused, kStopped));
}

TEST_F(TuneLoopOrdersTest, PauseOfATrialInItsStepWaitsForTheStep) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 1, {{{1}, Pause{}}});

  run_to_end();

  EXPECT_EQ(calls(1), "launch advance save stop");
  EXPECT_EQ(reports_of(1), "1.1");
}

TEST_F(TuneLoopOrdersTest, StopBeatsPauseDuringTheSave) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  simulation_.save_cost = std::chrono::seconds(5);
  order_at(1, 1, {{{1}, Pause{}}});
  order_at(0, 2, {{{1}, Stop{}}});

  run_to_end();

  EXPECT_EQ(calls(1), "launch advance save stop");
  EXPECT_THAT(states(1), ElementsAre(kRunning, kStopped));
  EXPECT_TRUE(sink_.all<CheckpointSaved>().empty());  // What an ended trial saves is of no use.
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopOrdersTest, PauseBeatsClone) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 1, {clone(1, 0), {{1}, Pause{}}, clone(1, 0)});
  scheduler_.resume = first_paused;

  run_to_end();

  EXPECT_THAT(states(1), ElementsAre(kRunning, kPaused, kRunning, kCompleted));
  EXPECT_EQ(trial(1).config, (Config{{"index", std::int64_t{1}}}));
}

TEST_F(TuneLoopOrdersTest, ATrialThatDiesWhilePausingIsPausedNonetheless) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  options_.max_failures = 1;
  make_trial_1_slow();
  order_at(0, 2, {{{1}, Pause{}}});
  scheduler_.resume = first_paused;
  simulation_.fails = [](TrialId trial, int attempt, std::int64_t iteration) {
    return trial.number == 1 && attempt == 1 && iteration == 1;
  };

  run_to_end();

  EXPECT_THAT(states(1), ElementsAre(kRunning, kPaused, kRunning, kCompleted));
}

TEST_F(TuneLoopOrdersTest, ACloneGoesOnFromItsDonorsCheckpointWithTheNewConfig) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  options_.max_iterations = 5;
  make_trial_1_slow();
  order_at(1, 1, {clone(0, 1)});
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(static_cast<double>(iteration), trial.number == 0 ? 4 : 10));
  };

  run_to_end();

  // Trial 0 has two iterations when trial 1 reports its first; it ends its third, and is not saved.
  EXPECT_EQ(calls(0), "launch advance advance advance stop launch advance advance advance advance stop");
  EXPECT_EQ(calls(1), "launch advance save advance advance advance advance stop");
  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3 2.2 2.3 2.4 2.5");
  EXPECT_EQ(trial(0).config, (Config{{"cloned_from", std::int64_t{1}}}));
  EXPECT_EQ(trial(0).seconds, 10 + 4 * 4);  // The donor's time, then its own.
  EXPECT_EQ(executor_->launches.back().config, trial(0).config);
  EXPECT_THAT(states(0), ElementsAre(kRunning, kPending, kRunning, kCompleted));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopOrdersTest, ACloneIsRecordedWithTheCheckpointThatItGoesOnFrom) {
  options_.concurrency = 2;
  options_.max_iterations = 5;
  options_.max_trials = 2;
  order_at(1, 2, {clone(0, 1)});

  run_to_end();

  std::vector<std::pair<std::int64_t, std::int64_t>> saved;
  for (const CheckpointSaved& change : sink_.all<CheckpointSaved>()) {
    saved.emplace_back(change.trial.number, change.checkpoint.iteration);
  }
  EXPECT_THAT(saved, ElementsAre(std::pair(1, 2), std::pair(0, 2)));
}

TEST_F(TuneLoopOrdersTest, APausedDonorNeedsNoFurtherSave) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 1, {{{0}, Pause{}}});
  order_at(1, 2, {clone(1, 0)});
  scheduler_.resume = [](TrialsView trials) -> std::optional<TrialId> {
    return trials[1].iteration < 3 ? std::nullopt : first_paused(trials);
  };

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance save stop launch advance advance stop");
  EXPECT_EQ(reports_of(1), "1.1 1.2 2.2 2.3");
}

TEST_F(TuneLoopOrdersTest, ADonorThatIsBeingPausedGivesItsCheckpointToo) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  simulation_.stop_cost = std::chrono::seconds(5);
  order_at(1, 1, {{{1}, Pause{}}});
  order_at(0, 2, {clone(0, 1)});  // Trial 1 is saved, and its attempt is being stopped.

  run_to_end();

  EXPECT_EQ(trial(0).config, (Config{{"cloned_from", std::int64_t{1}}}));
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.2 2.3");
  EXPECT_EQ(trial(1).cause, "the scheduler did not resume it");
}

TEST_F(TuneLoopOrdersTest, AStopForATrialThatIsBeingPausedEndsIt) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  simulation_.stop_cost = std::chrono::seconds(5);
  order_at(1, 1, {{{1}, Pause{}}});
  order_at(0, 2, {{{1}, Stop{}}});

  run_to_end();

  EXPECT_THAT(states(1), ElementsAre(kRunning, kStopped));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopOrdersTest, ADonorInMidStepIsSavedAfterIt) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 2, {clone(0, 1)});

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance stop launch advance advance stop");
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.2 2.3");  // The donor's state after one iteration.
}

TEST_F(TuneLoopOrdersTest, ADonorThatEndsInMidStepIsSavedBeforeItsSlotIsFreed) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  options_.max_iterations = 4;
  make_trial_1_slow();
  options_.stop = {StopCondition::parse("done>0").value()};
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    if (trial.number == 0) return std::optional(stepped(static_cast<double>(iteration)));
    return std::optional(Stepped{.metrics = {{"loss", 1}, {"done", 1}}, .seconds = 10});
  };
  order_at(0, 2, {clone(0, 1)});

  run_to_end();

  EXPECT_EQ(calls(1), "launch advance save stop");
  EXPECT_EQ(trial(1).state, kCompleted);
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.2 2.3 2.4");
}

TEST_F(TuneLoopOrdersTest, TwoTrialsMayCloneEachOther) {
  options_.concurrency = 2;
  options_.max_iterations = 5;
  options_.max_trials = 2;
  order_at(1, 2, {clone(0, 1), clone(1, 0)});

  run_to_end();

  EXPECT_EQ(trial(0).config, (Config{{"cloned_from", std::int64_t{1}}}));
  EXPECT_EQ(trial(1).config, (Config{{"cloned_from", std::int64_t{0}}}));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopOrdersTest, ATrialMayCloneItself) {
  options_.max_trials = 1;
  order_at(0, 2, {clone(0, 0)});

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance save stop launch advance stop");
  EXPECT_EQ(trial(0).config, (Config{{"cloned_from", std::int64_t{0}}}));
}

TEST_F(TuneLoopOrdersTest, ACloneOfAnEndedOrUnknownDonorLeavesTheTrialAsItIs) {
  order_at(1, 1, {clone(1, 0), clone(1, 99)});

  run_to_end();

  EXPECT_EQ(reports_of(1), "1.1 1.2 1.3");
}

TEST_F(TuneLoopOrdersTest, ADonorThatDiesWithoutACheckpointLeavesTheTrialAsItIs) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  make_trial_1_slow();
  order_at(0, 1, {clone(0, 1)});
  simulation_.fails = [](TrialId trial, int, std::int64_t iteration) { return trial.number == 1 && iteration == 1; };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(trial(0).state, kCompleted);
}

TEST_F(TuneLoopOrdersTest, ADonorThatSavesNothingLeavesTheTrialAsItIs) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  simulation_.saves = [](TrialId) { return false; };
  order_at(0, 1, {clone(0, 1)});
  order_at(1, 2, {clone(1, 0)});

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(reports_of(1), "1.1 1.2 1.3");
  EXPECT_THAT(observer_.warnings, ElementsAre(::testing::HasSubstr("saves nothing")));
}

TEST_F(TuneLoopOrdersTest, ThatATrialSavesNothingIsSaidOnceWhenItIsPaused) {
  simulation_.saves = [](TrialId) { return false; };
  order_at(0, 2, {{{0}, Pause{}}});
  order_at(1, 1, {{{1}, Pause{}}});

  run_to_end();

  EXPECT_THAT(observer_.warnings, ElementsAre(::testing::StartsWith("trial 0 saves nothing")));
}

TEST_F(TuneLoopOrdersTest, WhoSavesWhatIsWantedBringsNoWarning) {
  order_at(0, 2, {{{0}, Pause{}}});

  run_to_end();

  EXPECT_THAT(observer_.warnings, ::testing::IsEmpty());
}

TEST_F(TuneLoopOrdersTest, ADonorThatDoesNotAnswerIsWaitedForAWhileOnly) {
  options_.concurrency = 2;
  options_.max_trials = 2;
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(1, trial.number == 1 && iteration == 2 ? 1e6 : 1));
  };
  order_at(0, 2, {clone(0, 1)});
  Duration end{};
  observer_.trial_hook = [&end](const TrialStatus& trial, const Progress& progress) {
    if (trial.id.number == 0 && is_ended(trial.state)) end = progress.elapsed;
  };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_LT(to_seconds(end), 100);
}

TEST_F(TuneLoopOrdersTest, OrdersForEndedOrUnknownTrialsAreIgnored) {
  order_at(1, 1, {{{0}, Stop{}}, {{0}, Pause{}}, {{55}, Stop{}}, {{-1}, Pause{}}});

  run_to_end();

  EXPECT_THAT(states(0), ElementsAre(kRunning, kCompleted));
}

// A scheduler that orders anything at any time, but only so often that every trial can end.
class RandomScheduler {
 public:
  explicit RandomScheduler(std::uint64_t seed) : random_(seed, 5) {}

  Result<std::vector<Order>> judge(const Report&, TrialsView trials) {
    std::vector<Order> orders;
    while (budget_ > 0 && random_.below(3) == 0) {
      --budget_;
      orders.push_back({any(trials), action(trials)});
    }
    return orders;
  }

  std::optional<TrialId> resume(TrialsView trials) {
    return random_.below(4) == 0 ? std::nullopt : first_paused(trials);
  }

 private:
  TrialId any(TrialsView trials) { return trials[random_.below(trials.size())].id; }

  decltype(Order::action) action(TrialsView trials) {
    switch (random_.below(4)) {
      case 0: return Stop{};
      case 1: return Pause{};
      default: return Clone{any(trials), Config{{"x", random_.uniform()}}};
    }
  }

  RandomStream random_;
  int budget_ = 30;
};

TEST_F(TuneLoopOrdersTest, EveryTrialEndsWhateverIsOrderedAndWhateverFails) {
  for (std::uint64_t seed = 0; seed < repetitions(std::uint64_t{10'000}) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed, 6);
    RandomScheduler orders(seed);
    FakeSink sink;
    RecordingObserver observer;
    ScriptedSearcher searcher;
    ScriptedScheduler scheduler(
        [&orders](const Report& report, TrialsView trials) { return orders.judge(report, trials); });
    scheduler.resume = [&orders](TrialsView trials) { return orders.resume(trials); };
    LoopOptions options;
    options.max_trials = 1 + static_cast<std::int64_t>(random.below(6));
    options.concurrency = 1 + static_cast<int>(random.below(4));
    options.max_iterations = 1 + static_cast<std::int64_t>(random.below(6));
    options.max_failures = static_cast<int>(random.below(3));
    options.checkpoint_every = static_cast<std::int64_t>(random.below(3));
    options.non_finite = static_cast<NonFinite>(random.below(3));
    SimulatedExecutor simulated(
        [&random](const Config&, TrialId, std::int64_t) -> std::optional<Stepped> {
          if (random.below(40) == 0) return std::nullopt;
          return stepped(random.below(10) == 0 ? std::nan("") : random.uniform(), static_cast<double>(random.below(3)));
        },
        {.slots = 4,
         .launch_cost = std::chrono::seconds(random.below(2)),
         .save_cost = std::chrono::seconds(random.below(3)),
         .stop_cost = std::chrono::seconds(random.below(3)),
         .fails = [&random](TrialId, int, std::int64_t) { return random.below(12) == 0; }});
    RecordingExecutor executor(simulated);
    TuneLoop loop(options, {searcher, scheduler, executor, sink, observer});

    const Result<LoopEnd> end = loop.run();

    ASSERT_TRUE(end.has_value()) << to_string(end.error());
    EXPECT_EQ(*end, LoopEnd::kFinished);
    EXPECT_EQ(loop.trials().size(), static_cast<std::size_t>(options.max_trials));
    for (const TrialStatus& trial : loop.trials()) EXPECT_TRUE(is_ended(trial.state)) << to_string(trial.state);
    EXPECT_EQ(scheduler.ended.size(), loop.trials().size());
    expect_consistent(sink.changes(), options.concurrency);
  }
}

}  // namespace
}  // namespace manta::tune_loop_orders_test
