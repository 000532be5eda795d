// SPDX-License-Identifier: Apache-2.0
// What reaches the terminal, and when.
#include "tune/cli/console_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace manta::console_reporter_test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wall_now() const override { return {}; }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_{};
};

class ConsoleReporterTest : public ::testing::Test {
 protected:
  ConsoleReporter reporter(ProgressStyle style) {
    return ConsoleReporter({.progress = style,
                            .style = {.width = 80, .height = 24},
                            .label = {"net", {"loss", Mode::kMin}, "runs/net"},
                            .write = [this](std::string_view text) { written_ += text; }},
                           clock_);
  }

  Progress progress() const { return {.trials = trials_, .max_trials = 4}; }

  void tell(ConsoleReporter& console, std::int64_t number, TrialState state) {
    while (static_cast<std::int64_t>(trials_.size()) <= number) {
      trials_.push_back({.id = {static_cast<std::int64_t>(trials_.size())}});
    }
    TrialStatus& trial = trials_[static_cast<std::size_t>(number)];
    trial.state = state;
    trial.attempt = 1;
    console.on_trial(trial, progress());
  }

  std::string take() { return std::exchange(written_, {}); }

  FakeClock clock_;
  std::vector<TrialStatus> trials_;
  std::string written_;
};

TEST_F(ConsoleReporterTest, PlainWritesOneLinePerEventAtOnceWithoutEscapes) {
  ConsoleReporter console = reporter(ProgressStyle::kPlain);

  tell(console, 0, TrialState::kRunning);
  EXPECT_EQ(take(), "trial 0 started: \n");
  console.on_report({.trial = {0}}, progress());
  EXPECT_EQ(take(), "") << "a report is no event";
  tell(console, 0, TrialState::kStopped);
  EXPECT_EQ(take(), "trial 0 stopped: no report after 0 iterations, 0.0 s\n");
  console.finish();
  EXPECT_EQ(take(), "");
}

TEST_F(ConsoleReporterTest, PlainSaysOnceAMinuteHowThingsStand) {
  ConsoleReporter console = reporter(ProgressStyle::kPlain);
  console.on_tick(progress());
  clock_.advance(std::chrono::seconds(59));
  console.on_tick(progress());
  EXPECT_EQ(take(), "");

  clock_.advance(std::chrono::seconds(1));
  console.on_tick(progress());

  EXPECT_THAT(take(), AllOf(StartsWith("0 of 4 trials ended"), EndsWith("\n")));
}

TEST_F(ConsoleReporterTest, ANewBestIsToldWhenTheLeadChanges) {
  ConsoleReporter console = reporter(ProgressStyle::kPlain);
  tell(console, 1, TrialState::kRunning);
  trials_[0].best_value = 0.5;
  trials_[1].best_value = 0.25;
  take();

  console.on_new_best(trials_[0], progress());
  EXPECT_EQ(take(), "new best: loss 0.5 (trial 0)  \n");
  trials_[0].best_value = 0.4;
  console.on_new_best(trials_[0], progress());
  EXPECT_EQ(take(), "") << "the leader got better";
  console.on_new_best(trials_[1], progress());
  EXPECT_EQ(take(), "new best: loss 0.25 (trial 1)  \n");
}

TEST_F(ConsoleReporterTest, WhatTheSearcherSaysIsALineWhereEventsAre) {
  ConsoleReporter plain = reporter(ProgressStyle::kPlain);
  plain.on_searcher("auto - gp\x1b");
  EXPECT_EQ(take(), "searcher: auto - gp\\x1b\n");
  ConsoleReporter none = reporter(ProgressStyle::kNone);

  none.on_searcher("auto - gp");

  EXPECT_EQ(take(), "");
}

TEST_F(ConsoleReporterTest, NoneWritesNothingButAnnouncements) {
  ConsoleReporter console = reporter(ProgressStyle::kNone);
  tell(console, 0, TrialState::kFailed);
  console.on_new_best(trials_[0], progress());
  clock_.advance(std::chrono::hours(1));
  console.on_tick(progress());
  console.finish();
  EXPECT_EQ(take(), "");

  console.announce("careful");

  EXPECT_EQ(take(), "careful\n");
}

TEST_F(ConsoleReporterTest, LiveDrawsAtMostTwiceASecond) {
  ConsoleReporter console = reporter(ProgressStyle::kLive);
  console.on_tick(progress());
  EXPECT_THAT(take(), StartsWith("net  0 of 4 trials ended")) << "nothing is erased at first";
  clock_.advance(std::chrono::milliseconds(499));
  console.on_tick(progress());
  EXPECT_EQ(take(), "");

  clock_.advance(std::chrono::milliseconds(1));
  console.on_tick(progress());

  EXPECT_THAT(take(), StartsWith("\x1b[3F\x1b[Jnet  0 of 4")) << "the block's three lines are drawn over";
}

TEST_F(ConsoleReporterTest, LiveScrollsEventsAboveTheBlockWithTheNextDrawing) {
  ConsoleReporter console = reporter(ProgressStyle::kLive);
  tell(console, 0, TrialState::kRunning);
  EXPECT_THAT(take(), Not(HasSubstr("started"))) << "the running trial has a row";
  tell(console, 0, TrialState::kStopped);
  EXPECT_EQ(take(), "");
  clock_.advance(std::chrono::milliseconds(500));

  console.on_tick(progress());

  EXPECT_THAT(take(), StartsWith("\x1b[5F\x1b[Jtrial 0 stopped: no report after 0 iterations, 0.0 s\nnet  1 of 4"));
}

TEST_F(ConsoleReporterTest, LiveCountsEventsThatAreTooMany) {
  ConsoleReporter console = reporter(ProgressStyle::kLive);
  for (int number = 0; number < 25; ++number) tell(console, number, TrialState::kStopped);
  take();
  clock_.advance(std::chrono::seconds(1));

  console.on_tick(progress());

  const std::string text = take();
  EXPECT_THAT(text,
              AllOf(HasSubstr("(4 more events)"), HasSubstr("trial 24 stopped"), Not(HasSubstr("trial 4 stopped"))));
}

TEST_F(ConsoleReporterTest, FinishTakesTheBlockAwayAndLeavesTheEvents) {
  ConsoleReporter console = reporter(ProgressStyle::kLive);
  console.on_tick(progress());
  tell(console, 0, TrialState::kFailed);
  take();

  console.finish();

  EXPECT_THAT(take(), AllOf(StartsWith("\x1b[3F\x1b[Jtrial 0 failed"), EndsWith("log: runs/net/logs/0/1.log\n")));
  console.finish();
  EXPECT_EQ(take(), "");
}

TEST_F(ConsoleReporterTest, AnAnnouncementStandsAboveTheBlock) {
  ConsoleReporter console = reporter(ProgressStyle::kLive);
  console.on_tick(progress());
  take();

  console.announce("interrupted");

  EXPECT_THAT(take(), StartsWith("\x1b[3F\x1b[Jinterrupted\nnet  0 of 4"));
}

TEST_F(ConsoleReporterTest, ItKnowsHowManyTrialsRun) {
  ConsoleReporter console = reporter(ProgressStyle::kNone);
  EXPECT_EQ(console.running(), 0);
  tell(console, 0, TrialState::kRunning);
  tell(console, 1, TrialState::kRunning);
  tell(console, 0, TrialState::kCompleted);
  EXPECT_EQ(console.running(), 1);
}

TEST_F(ConsoleReporterTest, AnotherThreadMayAnnounceMeanwhile) {
  ConsoleReporter console = reporter(ProgressStyle::kPlain);

  std::thread other([&] {
    for (int count = 0; count < 100; ++count) console.announce("x");
  });
  for (int count = 0; count < 100; ++count) tell(console, 0, TrialState::kStopped);
  other.join();

  EXPECT_EQ(std::ranges::count(written_, '\n'), 200);
}

}  // namespace
}  // namespace manta::console_reporter_test
