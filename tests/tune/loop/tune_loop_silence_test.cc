// SPDX-License-Identifier: Apache-2.0
// The loop and trials that say nothing: who hears of it, and when.
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_silence_test {
namespace {

using ::testing::ElementsAre;
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

}  // namespace
}  // namespace manta::tune_loop_silence_test
