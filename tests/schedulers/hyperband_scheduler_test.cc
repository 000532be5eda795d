// SPDX-License-Identifier: Apache-2.0
#include "schedulers/hyperband_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace manta::hyperband_scheduler_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// max_t 4, eta 2: brackets of 4 trials (1, 2, 4), 3 (2, 4) and 3 (4).
class HyperbandSchedulerTest : public ::testing::Test {
 protected:
  void start(std::size_t count) {
    while (trials_.size() < count)
      trials_.push_back({.id = {static_cast<std::int64_t>(trials_.size())}, .state = TrialState::kRunning});
  }
  // The orders, as "pause 0", "stop 2".
  std::vector<std::string> report(std::int64_t trial, std::int64_t iteration, double accuracy) {
    start(static_cast<std::size_t>(trial) + 1);
    const auto orders =
        scheduler_.on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"accuracy", accuracy}}}, trials_);
    std::vector<std::string> texts;
    for (const Order& order : orders.value()) {
      const bool stops = std::holds_alternative<Stop>(order.action);
      texts.push_back((stops ? "stop " : "pause ") + to_string(order.trial));
      if (!stops) state(order.trial.number) = TrialState::kPaused;
    }
    for (const std::string& text : texts)
      if (text.starts_with("stop ")) end(std::stoll(text.substr(5)), TrialState::kStopped);
    return texts;
  }
  void end(std::int64_t trial, TrialState how) {
    state(trial) = how;
    scheduler_.on_end({trial}, how);
  }
  // The trial that is resumed, or -1.
  std::int64_t resume(bool more_to_come = true) {
    const std::optional<TrialId> next = scheduler_.next_to_resume(trials_, more_to_come);
    if (!next) return -1;
    state(next->number) = TrialState::kRunning;
    return next->number;
  }
  TrialState& state(std::int64_t trial) { return trials_[static_cast<std::size_t>(trial)].state; }

  HyperbandScheduler scheduler_{{"accuracy", Mode::kMax}, {.max_t = 4, .eta = 2}};
  std::vector<TrialStatus> trials_;
};

TEST_F(HyperbandSchedulerTest, ARungIsJudgedWhenAllOfItAreThere) {
  EXPECT_THAT(report(0, 1, 0.1), ElementsAre("pause 0"));
  EXPECT_THAT(report(1, 1, 0.4), ElementsAre("pause 1"));
  EXPECT_THAT(report(2, 1, 0.2), ElementsAre("pause 2"));
  EXPECT_EQ(resume(), -1);

  EXPECT_THAT(report(3, 1, 0.3), ElementsAre("stop 0", "stop 2"));  // It goes on itself.
  EXPECT_EQ(resume(), 1);
  EXPECT_EQ(resume(), -1);
}

TEST_F(HyperbandSchedulerTest, TheNextRungHasTheBestOnly) {
  for (std::int64_t trial = 0; trial < 4; ++trial) report(trial, 1, static_cast<double>(trial));
  ASSERT_EQ(resume(), 2);

  EXPECT_THAT(report(3, 2, 1), ElementsAre("pause 3"));
  EXPECT_THAT(report(2, 2, 2), ElementsAre("stop 3"));
  EXPECT_THAT(report(2, 3, 2), IsEmpty());  // At 4 it is complete.
}

TEST_F(HyperbandSchedulerTest, TheLastBracketStopsNobody) {
  start(10);

  EXPECT_THAT(report(7, 1, 0), IsEmpty());
  EXPECT_THAT(report(7, 3, 0), IsEmpty());
}

TEST_F(HyperbandSchedulerTest, ATrialThatEndsIsNotWaitedFor) {
  for (std::int64_t trial = 0; trial < 3; ++trial) report(trial, 1, static_cast<double>(trial));
  start(4);
  end(3, TrialState::kFailed);  // Never reported.

  EXPECT_EQ(resume(), 1);
  EXPECT_EQ(resume(), 2);
  EXPECT_THAT(report(1, 1, 0), ElementsAre("stop 0"));  // The first chance to say so.
}

TEST_F(HyperbandSchedulerTest, ATrialThatIsTriedAgainKeepsItsBracketAndIsNotJudgedTwice) {
  for (std::int64_t trial = 0; trial < 4; ++trial) report(trial, 1, static_cast<double>(trial));
  const std::string before = scheduler_.save().json;

  EXPECT_THAT(report(3, 1, -5), IsEmpty());  // A second attempt, from the beginning, and worse.

  EXPECT_EQ(scheduler_.save().json, before);
  EXPECT_EQ(resume(), 2);
  EXPECT_THAT(report(3, 2, 9), ElementsAre("pause 3"));
  EXPECT_THAT(report(2, 2, 1), ElementsAre("stop 2"));
}

TEST_F(HyperbandSchedulerTest, ATrialThatIsTriedAgainIsStillWaitedFor) {
  for (std::int64_t trial = 0; trial < 3; ++trial) report(trial, 1, static_cast<double>(trial));
  start(4);
  state(3) = TrialState::kPending;  // Its first attempt failed before it had reported.

  EXPECT_EQ(resume(), -1);
  EXPECT_THAT(report(3, 1, 9), ElementsAre("stop 0", "stop 1"));
}

TEST_F(HyperbandSchedulerTest, AValueThatIsNotFiniteIsStoppedAndNotWaitedFor) {
  for (std::int64_t trial = 0; trial < 3; ++trial) report(trial, 1, static_cast<double>(trial));

  EXPECT_THAT(report(3, 1, std::nan("")), ElementsAre("stop 0", "stop 3"));
  EXPECT_EQ(resume(), 1);
  EXPECT_EQ(resume(), 2);
}

TEST_F(HyperbandSchedulerTest, ABracketThatIsNotFullIsJudgedWhenNoMoreCome) {
  report(0, 1, 0.1);
  report(1, 1, 0.9);
  EXPECT_EQ(resume(true), -1);

  EXPECT_EQ(resume(false), 1);
  EXPECT_EQ(resume(false), -1);
  EXPECT_THAT(report(1, 2, 0.9), ElementsAre("stop 0"));  // The only one of its rung: it goes on.
}

TEST_F(HyperbandSchedulerTest, ATrialThatReportsSeldomIsJudgedAtOneRungAfterTheOther) {
  for (std::int64_t trial = 0; trial < 3; ++trial) report(trial, 1, static_cast<double>(trial));

  EXPECT_THAT(report(3, 3, 9), ElementsAre("stop 0", "stop 1"));
  EXPECT_THAT(report(3, 3, 9), ElementsAre("pause 3"));
}

TEST_F(HyperbandSchedulerTest, AStoppedTrialThatStillReportsIsToldSoAgain) {
  for (std::int64_t trial = 0; trial < 4; ++trial) {
    start(4);
    ASSERT_TRUE(scheduler_.on_report(
        {.trial = {trial}, .iteration = 1, .metrics = {{"accuracy", 1.0 - static_cast<double>(trial)}}}, trials_));
  }

  const auto orders = scheduler_.on_report({.trial = {3}, .iteration = 2, .metrics = {{"accuracy", 1}}}, trials_);

  ASSERT_EQ(orders->size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Stop>(orders->front().action));
}

}  // namespace
}  // namespace manta::hyperband_scheduler_test
