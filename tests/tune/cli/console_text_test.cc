// SPDX-License-Identifier: Apache-2.0
// The words for trials, from values.
#include "tune/cli/console_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace manta::console_text_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TrialStatus trial(std::int64_t number, TrialState state, double value, std::int64_t iteration = 10,
                  double seconds = 5) {
  TrialStatus status;
  status.id = {number};
  status.config = {{"act", std::string("relu")}, {"lr", 0.01}};
  status.state = state;
  status.attempt = 1;
  status.iteration = iteration;
  status.seconds = seconds;
  status.value = value;
  status.best_value = value;
  return status;
}

const ExperimentLabel kLabel{"net", {"accuracy", Mode::kMax}, "runs/net"};
const TextStyle kPlainStyle{.width = 72, .height = 24};

TEST(CountsTextTest, StatesWithoutTrialsAreLeftOut) {
  EXPECT_EQ(counts_text({}), "no trials");
  const std::vector<TrialStatus> trials{trial(0, TrialState::kStopped, 1),   trial(1, TrialState::kRunning, 1),
                                        trial(2, TrialState::kStopped, 1),   trial(3, TrialState::kPending, 1),
                                        trial(4, TrialState::kFailed, 1),    trial(5, TrialState::kInterrupted, 1),
                                        trial(6, TrialState::kCompleted, 1), trial(7, TrialState::kPaused, 1)};

  const TrialCounts counts = count_trials(trials);

  EXPECT_EQ(counts_text(counts), "1 running, 1 pending, 1 paused, 1 completed, 2 stopped, 1 failed, 1 interrupted");
  EXPECT_EQ(counts.ended(), 4);
  EXPECT_EQ(counts.total(), 8);
}

TEST(NumberTextTest, MetricsHaveSixDigits) {
  EXPECT_EQ(metric_text(0.03123456789), "0.0312346");
  EXPECT_EQ(metric_text(std::nan("")), "nan");
  EXPECT_EQ(metric_text(-std::nan("")), "nan");
  EXPECT_EQ(metric_text(std::numeric_limits<double>::infinity()), "inf");
}

TEST(NumberTextTest, DurationsGrowByUnits) {
  EXPECT_EQ(duration_text(0), "0.0 s");
  EXPECT_EQ(duration_text(59.99), "59.9 s");
  EXPECT_EQ(duration_text(60), "1:00");
  EXPECT_EQ(duration_text(3599), "59:59");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(std::nan("")), "unknown");
}

TEST(ConfigTextTest, ControlCharactersInValuesAreEscaped) {
  EXPECT_EQ(config_text({{"a", std::string("x\n\x1b[31m")}, {"b", true}, {"c", 0.5}}), "a=x\\n\\x1b[31m b=true c=0.5");
}

TEST(EventLineTest, EachChangeOfStateIsOneLine) {
  const auto line = [](TrialStatus status) { return event_line(status, kLabel, kPlainStyle).value_or("(none)"); };
  TrialStatus fresh = trial(3, TrialState::kPending, 0);
  fresh.attempt = 0;
  EXPECT_EQ(line(fresh), "(none)");
  EXPECT_EQ(line(trial(3, TrialState::kRunning, 0)), "trial 3 started: act=relu lr=0.01");
  EXPECT_EQ(line(trial(3, TrialState::kCompleted, 0.95)),
            "trial 3 completed: accuracy 0.95 after 10 iterations, 5.0 s");
  EXPECT_EQ(line(trial(3, TrialState::kStopped, 0.5, 1)), "trial 3 stopped: accuracy 0.5 after 1 iteration, 5.0 s");
  EXPECT_EQ(line(trial(3, TrialState::kInterrupted, 0.5)),
            "trial 3 interrupted: accuracy 0.5 after 10 iterations, 5.0 s");
  TrialStatus failed = trial(3, TrialState::kFailed, 0.5);
  failed.attempt = 2;
  failed.cause = "std::runtime_error: no\nway";
  EXPECT_EQ(line(failed), "trial 3 failed (attempt 2): std::runtime_error: no\\nway; log: runs/net/logs/3/2.log");
  failed.state = TrialState::kPending;
  EXPECT_EQ(line(failed), "trial 3 attempt 2 failed, to be tried again: std::runtime_error: no\\nway");
  TrialStatus silent = trial(3, TrialState::kCompleted, 0, 0);
  silent.value.reset();
  EXPECT_EQ(line(silent), "trial 3 completed: no report after 0 iterations, 5.0 s");
}

TEST(EventLineTest, ColorsAreThereOnlyWhenAskedFor) {
  const TextStyle colored{.color = true};

  EXPECT_THAT(*event_line(trial(3, TrialState::kCompleted, 1), kLabel, colored), HasSubstr("\x1b[32mcompleted\x1b[0m"));
  EXPECT_THAT(*event_line(trial(3, TrialState::kCompleted, 1), kLabel, kPlainStyle), Not(HasSubstr("\x1b")));
}

TEST(EventLineTest, ANewBestHasItsConfiguration) {
  EXPECT_EQ(new_best_line(trial(3, TrialState::kRunning, 0.95), kLabel, kPlainStyle),
            "new best: accuracy 0.95 (trial 3)  act=relu lr=0.01");
}

class ProgressTextTest : public ::testing::Test {
 protected:
  Progress progress() const {
    return {.trials = trials_,
            .best = best_,
            .max_trials = max_trials_,
            .max_iterations = max_iterations_,
            .concurrency = 2,
            .elapsed = std::chrono::seconds(75)};
  }

  std::vector<TrialStatus> trials_;
  std::optional<TrialId> best_;
  std::optional<std::int64_t> max_trials_ = 10;
  std::optional<std::int64_t> max_iterations_;
};

TEST_F(ProgressTextTest, TheTimeLeftIsUnknownWithoutTrialsOrEnd) {
  EXPECT_FALSE(estimate_seconds_left(progress()).has_value());
  trials_ = {trial(0, TrialState::kCompleted, 1)};
  max_trials_.reset();
  EXPECT_FALSE(estimate_seconds_left(progress()).has_value());
}

TEST_F(ProgressTextTest, TheTimeLeftIsThatOfTheTrialsToComeOverTheSlots) {
  trials_ = {trial(0, TrialState::kCompleted, 1, 10, 8), trial(1, TrialState::kStopped, 1, 2, 4),
             trial(2, TrialState::kRunning, 1, 1, 2)};

  // Mean 6 s; 8 trials to come, of which one has run for 2 s; 2 slots.
  EXPECT_DOUBLE_EQ(*estimate_seconds_left(progress()), (6.0 * 8 - 2) / 2);
}

TEST_F(ProgressTextTest, BeforeTheFirstEndThePaceOfTheRunningTrialsCounts) {
  trials_ = {trial(0, TrialState::kRunning, 1, 2, 4)};
  EXPECT_FALSE(estimate_seconds_left(progress()).has_value()) << "who knows how long a trial is?";
  max_iterations_ = 5;

  EXPECT_DOUBLE_EQ(*estimate_seconds_left(progress()), (10.0 * 10 - 4) / 2);
}

TEST_F(ProgressTextTest, TheLiveBlockShowsTheWholeTheBestAndTheRunningTrials) {
  trials_ = {trial(0, TrialState::kCompleted, 0.9, 10, 8), trial(1, TrialState::kRunning, 0.75, 3, 2.5),
             trial(2, TrialState::kPending, 0)};
  best_ = TrialId{0};
  trials_.push_back(trial(3, TrialState::kRunning, 0, 0, 0));
  trials_.back().value.reset();

  EXPECT_THAT(
      live_lines(progress(), kLabel, kPlainStyle),
      ElementsAre("net  1 of 10 trials ended  elapsed 1:15  left 32.2 s", "2 running, 1 pending, 1 completed",
                  "best accuracy 0.9 (trial 0)  act=relu lr=0.01", " trial    iter      accuracy       time  config",
                  "     1       3          0.75      2.5 s  act=relu lr=0.01",
                  "     3       0             -      0.0 s  act=relu lr=0.01"));
}

TEST_F(ProgressTextTest, TheLiveBlockOfNothingSaysSo) {
  EXPECT_THAT(live_lines(progress(), kLabel, kPlainStyle),
              ElementsAre("net  0 of 10 trials ended  elapsed 1:15  left unknown", "no trials", "no accuracy yet"));
}

TEST_F(ProgressTextTest, TheLiveBlockFitsItsWindow) {
  for (int number = 0; number < 100; ++number) trials_.push_back(trial(number, TrialState::kRunning, 0.5));
  const TextStyle small{.width = 30, .height = 10};

  const std::vector<std::string> lines = live_lines(progress(), kLabel, small);

  EXPECT_EQ(lines.size(), 9u);
  for (const std::string& line : lines) EXPECT_LT(display_width(line), 30) << line;
  EXPECT_EQ(lines.back(), "  and 96 more");
}

TEST_F(ProgressTextTest, TheHeartbeatIsTheWholeInOneLine) {
  trials_ = {trial(0, TrialState::kCompleted, 0.9, 10, 8), trial(1, TrialState::kRunning, 0.75, 3, 2)};
  best_ = TrialId{0};

  EXPECT_EQ(heartbeat_line(progress(), kLabel),
            "1 of 10 trials ended, 1 running, 1 completed; best accuracy 0.9 (trial 0)  act=relu lr=0.01; "
            "elapsed 1:15, left 35.0 s");
}

}  // namespace
}  // namespace manta::console_text_test
