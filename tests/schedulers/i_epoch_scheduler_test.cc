// SPDX-License-Identifier: Apache-2.0
#include "schedulers/i_epoch_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <variant>
#include <vector>

namespace manta::i_epoch_scheduler_test {
namespace {

class IEpochSchedulerTest : public ::testing::Test {
 protected:
  IEpochSchedulerTest() {
    for (std::int64_t number = 0; number < 4; ++number)
      trials_.push_back({.id = {number}, .state = TrialState::kRunning});
  }

  // Whether it was paused there.
  bool pauses(std::int64_t trial, std::int64_t iteration, double loss) {
    const auto orders =
        scheduler_.on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"loss", loss}}}, trials_);
    const bool paused = orders && !orders->empty() && std::holds_alternative<Pause>(orders->front().action);
    if (paused) state(trial) = TrialState::kPaused;
    return paused;
  }
  std::optional<TrialId> resume(bool more_to_come = false) {
    const std::optional<TrialId> next = scheduler_.next_to_resume(trials_, more_to_come);
    if (next) state(next->number) = TrialState::kRunning;
    return next;
  }
  TrialState& state(std::int64_t trial) { return trials_[static_cast<std::size_t>(trial)].state; }

  IEpochScheduler scheduler_{{"loss", Mode::kMin}, {.iterations = 2, .best = 2}};
  std::vector<TrialStatus> trials_;
};

TEST_F(IEpochSchedulerTest, TheBestGoOnOnceAllAreThere) {
  EXPECT_FALSE(pauses(0, 1, 0.1));
  for (std::int64_t trial = 0; trial < 3; ++trial) EXPECT_TRUE(pauses(trial, 2, static_cast<double>(trial)));
  EXPECT_EQ(resume(), std::nullopt);
  EXPECT_TRUE(pauses(3, 2, 0.5));

  EXPECT_EQ(resume(), TrialId{0});
  EXPECT_EQ(resume(), TrialId{3});
  EXPECT_EQ(resume(), std::nullopt);
}

TEST_F(IEpochSchedulerTest, ItWaitsWhileFurtherTrialsMayCome) {
  for (std::int64_t trial = 0; trial < 4; ++trial) pauses(trial, 2, 1);

  EXPECT_EQ(resume(true), std::nullopt);
  EXPECT_EQ(resume(false), TrialId{0});
}

TEST_F(IEpochSchedulerTest, ATrialThatEndsBeforeIsNotWaitedFor) {
  for (std::int64_t trial = 0; trial < 3; ++trial) pauses(trial, 2, 1);
  state(3) = TrialState::kFailed;
  scheduler_.on_end({3}, TrialState::kFailed);

  EXPECT_EQ(resume(), TrialId{0});
}

TEST_F(IEpochSchedulerTest, AValueThatIsNotFiniteStopsItsTrialAndTakesNoPlace) {
  const auto orders = scheduler_.on_report(
      {.trial = {0}, .iteration = 2, .metrics = {{"loss", std::numeric_limits<double>::quiet_NaN()}}}, trials_);
  ASSERT_EQ(orders->size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Stop>(orders->front().action));
  state(0) = TrialState::kStopped;
  scheduler_.on_end({0}, TrialState::kStopped);
  for (std::int64_t trial = 1; trial < 4; ++trial) pauses(trial, 2, 5 - static_cast<double>(trial));

  EXPECT_EQ(resume(), TrialId{3});
  EXPECT_EQ(resume(), TrialId{2});
  EXPECT_EQ(resume(), std::nullopt);
}

TEST_F(IEpochSchedulerTest, WhatGoesOnIsNotPausedAgain) {
  for (std::int64_t trial = 0; trial < 4; ++trial) pauses(trial, 2, 1);
  ASSERT_EQ(resume(), TrialId{0});

  EXPECT_FALSE(pauses(0, 3, 9));
}

}  // namespace
}  // namespace manta::i_epoch_scheduler_test
