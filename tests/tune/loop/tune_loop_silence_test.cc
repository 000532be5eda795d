// SPDX-License-Identifier: Apache-2.0
// The loop and trials that say nothing: who hears of it, and when.
#include "schedulers/make_scheduler.h"
#include "tests/support/search_space.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/replay.h"

namespace manta::tune_loop_silence_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using std::chrono::minutes;
using std::chrono::seconds;

// Trial 1 hangs in its second iteration.
class TuneLoopSilenceTest : public LoopFixture {
 protected:
  TuneLoopSilenceTest() {
    options_.concurrency = 3;
    step_ = [this](const Config&, TrialId trial, std::int64_t iteration) {
      return std::optional(stepped(1, trial.number == 1 && iteration == 2 ? to_seconds(hang_) : usual_seconds_));
    };
  }

  // As at a barrier: who has reported once waits for all others.
  void pause_the_others() {
    scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
      if (report.trial.number == 1 || report.iteration > 1) return std::vector<Order>{};
      return std::vector<Order>{{report.trial, Pause{}}};
    };
    scheduler_.resume = [](TrialsView trials) -> std::optional<TrialId> {
      return trials[1].iteration < 2 ? std::nullopt : first_paused(trials);
    };
  }

  std::vector<std::int64_t> silent(std::size_t index) const {
    std::vector<std::int64_t> numbers;
    for (const Silence::Trial& trial : observer_.silences.at(index).trials) numbers.push_back(trial.id.number);
    return numbers;
  }

  Duration hang_ = seconds(40);
  double usual_seconds_ = 1;
};

TEST_F(TuneLoopSilenceTest, AfterHalfAMinuteItIsSaidOnceWhoWaitsForWhom) {
  pause_the_others();

  run_to_end();

  ASSERT_THAT(observer_.silences, SizeIs(1));
  const Silence& silence = observer_.silences.front();
  EXPECT_THAT(silent(0), ElementsAre(1));
  EXPECT_EQ(silence.trials.front().doing, "in iteration 2");
  EXPECT_EQ(silence.time, Duration(seconds(30)));
  EXPECT_EQ(silence.waiting, 2);
  EXPECT_FALSE(silence.is_long);
  EXPECT_FALSE(silence.searcher_waits);
}

TEST_F(TuneLoopSilenceTest, ATrialThatIsNeverSetUpIsNamedToo) {
  simulation_.launch_cost = seconds(35);

  run_to_end();

  ASSERT_THAT(observer_.silences, SizeIs(1));
  EXPECT_THAT(silent(0), ElementsAre(0, 1, 2));
  EXPECT_EQ(observer_.silences.front().trials.front().doing, "being set up");
  EXPECT_EQ(observer_.silences.front().waiting, 0);
}

TEST_F(TuneLoopSilenceTest, NobodyHearsOfItWhileAllOthersGoOn) {
  options_.max_iterations = 100;

  run_to_end();

  EXPECT_THAT(observer_.silences, IsEmpty());
}

TEST_F(TuneLoopSilenceTest, AfterFiveMinutesItIsAWarningThatSaysWhatTheProcessDoes) {
  options_.max_iterations = 1000;
  hang_ = minutes(6);
  on_start_ = [this] {
    executor_->activity_of = [](TrialId trial) { return "sleeps " + std::to_string(trial.number); };
  };

  run_to_end();

  ASSERT_THAT(observer_.silences, SizeIs(1));
  EXPECT_TRUE(observer_.silences.front().is_long);
  EXPECT_EQ(observer_.silences.front().time, Duration(minutes(5)));
  EXPECT_THAT(silent(0), ElementsAre(1));
  EXPECT_EQ(observer_.silences.front().trials.front().activity, "sleeps 1");
}

TEST_F(TuneLoopSilenceTest, WhoWaitsHearsTwiceOfALongOne) {
  pause_the_others();
  hang_ = minutes(60);

  run_to_end();

  ASSERT_THAT(observer_.silences, SizeIs(2));
  EXPECT_FALSE(observer_.silences[0].is_long);
  EXPECT_TRUE(observer_.silences[1].is_long);
}

TEST_F(TuneLoopSilenceTest, WhereIterationsAreLongOnlyTheFirstIsASilence) {
  usual_seconds_ = 120;
  hang_ = seconds(350);

  run_to_end();

  EXPECT_THAT(observer_.silences, SizeIs(1));
}

TEST_F(TuneLoopSilenceTest, ASearcherThatWaitsIsNamed) {
  options_.max_trials = 4;
  options_.concurrency = 4;
  searcher_ = ScriptedSearcher([this](TrialId trial) -> Result<std::optional<Config>> {
    const bool waits = trial.number == 3 && to_seconds(simulated_->clock().now().time_since_epoch()) < 38;
    if (waits) return Error{ErrorCode::kExhausted, "it waits for results"};
    return std::optional(Config());
  });

  run_to_end();

  ASSERT_THAT(observer_.silences, SizeIs(1));
  EXPECT_TRUE(observer_.silences.front().searcher_waits);
}

TEST_F(TuneLoopSilenceTest, ALimitThatIsSetWhileATrialIsSilentEndsIt) {
  options_.concurrency = 1;
  options_.max_trials = 2;
  hang_ = std::chrono::hours(100);
  LoopOptions limited = options_;
  limited.limits.stall_timeout = seconds(60);
  observer_.silence_hook = [this, limited](const Silence& silence) {
    if (!silence.is_long) loop_->post(ChangeLimits{limited, "spec"}, [](const Result<std::string>&) {});
  };

  run_to_end();

  EXPECT_EQ(trial(1).state, TrialState::kFailed);
  EXPECT_EQ(trial(1).cause.substr(0, 46), "stalled: no sign of life for 60 s in iteration");
  EXPECT_LT(to_seconds(simulated_->clock().now().time_since_epoch()), 70);
}

TEST_F(TuneLoopSilenceTest, WhoHasBeenSilentForLongIsLeftBehindByThoseThatWaitForIt) {
  pause_the_others();
  scheduler_.resume = [this](TrialsView trials) -> std::optional<TrialId> {
    return scheduler_.ended.empty() ? std::nullopt : first_paused(trials);
  };
  hang_ = minutes(60);

  run_to_end();

  EXPECT_THAT(scheduler_.ended.front(), ::testing::Pair(TrialId{1}, TrialState::kStopped));
  ASSERT_THAT(observer_.warnings, SizeIs(1));
  EXPECT_EQ(observer_.warnings.front(),
            "trial 1 has not answered for 10 min: the scheduler goes on without it; it may go on too, but is judged no more");
  EXPECT_EQ(sink_.all<NoteAdded>().front().text, observer_.warnings.front());
  for (const Report& report : scheduler_.judged) EXPECT_TRUE(report.trial.number != 1 || report.iteration == 1);
  EXPECT_EQ(trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(trial(1).iteration, 3);
}

TEST_F(TuneLoopSilenceTest, NobodyIsLeftBehindWhileOthersRunOrNobodyWaits) {
  hang_ = minutes(60);
  options_.max_iterations = 1000;  // The others run for 16 minutes, then nobody is left to wait.

  run_to_end();

  EXPECT_THAT(observer_.warnings, IsEmpty());
}

TEST_F(TuneLoopSilenceTest, NobodyIsLeftBehindWhileTheSearcherThinks) {
  pause_the_others();
  thinks_elsewhere_ = true;
  options_.searcher = "slow";
  options_.max_trials = 4;
  searcher_ = ScriptedSearcher([this](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 2) queue_.is_held = true;
    return std::optional<Config>(Config());
  });
  hang_ = minutes(60);
  step_ = [this](const Config&, TrialId trial, std::int64_t iteration) {
    if (trial.number == 1 && iteration == 3) queue_.release();
    return std::optional(stepped(1, trial.number == 1 && iteration == 2 ? to_seconds(hang_) : usual_seconds_));
  };

  run_to_end();

  EXPECT_THAT(scheduler_.ended, SizeIs(4));
  for (const auto& [trial, state] : scheduler_.ended) EXPECT_EQ(state, TrialState::kCompleted) << trial.number;
}

TEST_F(TuneLoopSilenceTest, NobodyIsLeftBehindWhereNoSlotIsFree) {
  pause_the_others();
  options_.concurrency = 1;
  scheduler_.resume = [](TrialsView trials) -> std::optional<TrialId> {
    return trials.size() < 2 || trials[1].iteration < 2 ? std::nullopt : first_paused(trials);
  };
  hang_ = minutes(60);

  run_to_end();

  EXPECT_THAT(observer_.warnings, IsEmpty());
}

TEST_F(TuneLoopSilenceTest, WhereIterationsAreLongItIsWaitedForTenTimesAsLong) {
  pause_the_others();
  usual_seconds_ = 120;
  hang_ = minutes(19);

  run_to_end();

  EXPECT_THAT(observer_.warnings, IsEmpty());
}

// Nine trials of which trial 2 hangs for ten hours in its second iteration, under a scheduler that waits for all.
class BarrierTest : public LoopFixture {
 protected:
  void begin(const std::string& scheduler_text) {
    const SchedulerSetup wanted{.objective = options_.objective, .max_iterations = 9, .space = &space_, .max_trials = 9};
    options_.max_trials = 9;
    scheduler = make_scheduler(scheduler_text, wanted).value();
    fresh = make_scheduler(scheduler_text, wanted).value();
    options_.max_iterations = scheduler->max_iterations().value_or(9);
    options_.concurrency = 3;
    loop_ = std::make_unique<TuneLoop>(options_, TuneLoop::Parts{suggesting, *scheduler, executor, sink_, observer_});
  }
  double now_seconds() { return to_seconds(executor.clock().now().time_since_epoch()); }

  const Space space_ = space_of(R"({"x": {"float": [0, 1]}})");
  ScriptedSearcher suggesting{[](TrialId trial) -> Result<std::optional<Config>> {
    return std::optional(Config{{"x", static_cast<double>(trial.number) / 9}});
  }};
  SimulatedExecutor executor{[](const Config& config, TrialId trial, std::int64_t iteration) {
                               const double takes = trial.number == 2 && iteration == 2 ? 36'000 : 1;
                               const double loss = config["x"].as<double>() + 1.0 / static_cast<double>(iteration);
                               return std::optional(stepped(loss, takes));
                             },
                             {.slots = 3}};
  std::unique_ptr<TrialScheduler> scheduler;
  std::unique_ptr<TrialScheduler> fresh;
};

TEST_F(BarrierTest, OneThatNeverReportsStallsNobody) {
  for (const char* const name : {"hyperband:max_t=9,eta=3", "bohb:max_t=9,eta=3", "i-epoch:i=3,best=4", "pbt-sync:interval=2"}) {
    SCOPED_TRACE(name);
    begin(name);
    double last_of_others = 0;
    double began = now_seconds();
    observer_.warnings.clear();
    observer_.report_hook = [&](const Report& report, const Progress&) {
      if (report.trial.number != 2) last_of_others = now_seconds() - began;
    };

    const Result<LoopEnd> end = loop_->run();

    ASSERT_TRUE(end.has_value() && *end == LoopEnd::kFinished);
    ASSERT_THAT(observer_.warnings, SizeIs(1));
    EXPECT_THAT(observer_.warnings.front(), HasSubstr("trial 2 has not answered for 10 min"));
    EXPECT_LT(last_of_others, 700);
    EXPECT_EQ(trial(2).state, TrialState::kCompleted);  // It had only been slow.
    for (const TrialStatus& each : loop_->trials()) EXPECT_TRUE(is_ended(each.state)) << each.id.number;
  }
}

TEST_F(BarrierTest, AResumedRunFindsItLeftBehind) {
  for (const char* const name : {"hyperband:max_t=9,eta=3", "i-epoch:i=3,best=4", "pbt-sync:interval=2"}) {
    SCOPED_TRACE(name);
    FakeSink sink;
    begin(name);
    loop_ = std::make_unique<TuneLoop>(options_, TuneLoop::Parts{suggesting, *scheduler, executor, sink, observer_});
    observer_.warnings.clear();
    observer_.report_hook = [&](const Report& report, const Progress&) {
      if (report.trial.number != 2 && !observer_.warnings.empty()) loop_->request_stop();
    };
    ASSERT_TRUE(loop_->run().has_value());
    std::vector<Change> changes = sink.changes();
    std::erase_if(changes, [](const Change& change) { return std::holds_alternative<SnapshotsSaved>(change); });

    LoopState state = state_from(changes, options_.objective);
    ASSERT_TRUE(replay(changes, options_, suggesting, *fresh, state).has_value());

    EXPECT_TRUE(state.trials[2].retried);
    EXPECT_EQ(fresh->save().json, scheduler->save().json);
  }
}

TEST_F(BarrierTest, ADeterministicRunGoesByNoClock) {
  options_.deterministic = true;
  begin("hyperband:max_t=9,eta=3");

  ASSERT_TRUE(loop_->run().has_value());

  EXPECT_THAT(observer_.warnings, IsEmpty());
}

}  // namespace
}  // namespace manta::tune_loop_silence_test
