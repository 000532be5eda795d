// SPDX-License-Identifier: Apache-2.0
#include "schedulers/asha_promote_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

namespace manta::asha_promote_scheduler_test {
namespace {

// Plays a loop: trials that report, pause, and are resumed.
class AshaPromoteSchedulerTest : public ::testing::Test {
 protected:
  enum class Fate { kGoesOn, kPauses, kStops };

  static AshaPromoteScheduler make(std::int64_t grace = 1, std::int64_t eta = 2, std::int64_t max_t = 4) {
    return AshaPromoteScheduler({"accuracy", Mode::kMax}, {.grace = grace, .eta = eta, .max_t = max_t});
  }

  Fate report(std::int64_t trial, std::int64_t iteration, double value) {
    while (trials_.size() <= static_cast<std::size_t>(trial))
      trials_.push_back({.id = {static_cast<std::int64_t>(trials_.size())}, .state = TrialState::kRunning});
    const auto orders =
        scheduler_.on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"accuracy", value}}}, trials_);
    EXPECT_TRUE(orders.has_value());
    if (orders->empty()) return Fate::kGoesOn;
    if (std::holds_alternative<Stop>(orders->front().action)) return Fate::kStops;
    state(trial) = TrialState::kPaused;
    return Fate::kPauses;
  }
  // The trial that is resumed, or -1.
  std::int64_t resume() {
    const std::optional<TrialId> next = scheduler_.next_to_resume(trials_, true);
    if (!next) return -1;
    state(next->number) = TrialState::kRunning;
    return next->number;
  }
  void end(std::int64_t trial, TrialState how) {
    state(trial) = how;
    scheduler_.on_end({trial}, how);
  }
  TrialState& state(std::int64_t trial) { return trials_[static_cast<std::size_t>(trial)].state; }

  AshaPromoteScheduler scheduler_ = make();
  std::vector<TrialStatus> trials_;
};

TEST_F(AshaPromoteSchedulerTest, EveryTrialPausesAtARung) {
  EXPECT_EQ(report(0, 1, 0.5), Fate::kPauses);
  EXPECT_EQ(report(1, 1, 0.9), Fate::kPauses);
}

TEST_F(AshaPromoteSchedulerTest, NobodyGoesOnBeforeEtaTrialsHaveArrived) {
  report(0, 1, 0.5);

  EXPECT_EQ(resume(), -1);
}

TEST_F(AshaPromoteSchedulerTest, TheBestOfEtaGoesOnAndNoOther) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);

  EXPECT_EQ(resume(), 1);
  EXPECT_EQ(resume(), -1);
}

TEST_F(AshaPromoteSchedulerTest, ALaterArrivalMakesRoomForAnEarlierTrial) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);
  ASSERT_EQ(resume(), 1);
  report(2, 1, 0.1);
  EXPECT_EQ(resume(), -1);  // One of three.
  report(3, 1, 0.2);

  EXPECT_EQ(resume(), 0);  // Two of four.
}

TEST_F(AshaPromoteSchedulerTest, TheHighestRungGoesFirst) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);
  report(2, 1, 0.6);
  report(3, 1, 0.7);
  ASSERT_EQ(resume(), 1);
  ASSERT_EQ(resume(), 3);
  report(1, 2, 0.9);
  report(3, 2, 0.8);
  report(4, 1, 0.95);
  report(5, 1, 0.3);

  EXPECT_EQ(resume(), 1);  // To iteration 4, before trial 4 leaves iteration 1.
  EXPECT_EQ(resume(), 4);
}

TEST_F(AshaPromoteSchedulerTest, EqualScoresGoInTheOrderOfTheirNumbersAndNoMoreThanTheShare) {
  for (std::int64_t trial = 0; trial < 6; ++trial) report(trial, 1, 0.5);

  EXPECT_EQ(resume(), 0);
  EXPECT_EQ(resume(), 1);
  EXPECT_EQ(resume(), 2);
  EXPECT_EQ(resume(), -1);
}

TEST_F(AshaPromoteSchedulerTest, AtTheHighestRungNobodyPauses) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);
  ASSERT_EQ(resume(), 1);
  EXPECT_EQ(report(1, 2, 0.9), Fate::kPauses);

  EXPECT_EQ(report(1, 4, 0.9), Fate::kGoesOn);
}

TEST_F(AshaPromoteSchedulerTest, AValueThatIsNotFiniteStopsItsTrialAndCountsForNobody) {
  EXPECT_EQ(report(0, 1, std::numeric_limits<double>::quiet_NaN()), Fate::kStops);
  report(1, 1, 0.1);
  EXPECT_EQ(resume(), -1);
  report(2, 1, 0.2);

  EXPECT_EQ(resume(), 2);
}

TEST_F(AshaPromoteSchedulerTest, APromotedTrialThatFailsKeepsItsPlace) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);
  ASSERT_EQ(resume(), 1);
  end(1, TrialState::kFailed);

  EXPECT_EQ(resume(), -1);
}

TEST_F(AshaPromoteSchedulerTest, ATrialStoppedWhileItWaitsStallsNobody) {
  report(0, 1, 0.5);
  report(1, 1, 0.9);
  end(1, TrialState::kStopped);
  report(2, 1, 0.4);
  report(3, 1, 0.3);

  EXPECT_EQ(resume(), 0);  // Among the best two of four.
}

TEST_F(AshaPromoteSchedulerTest, ATrialThatReportsSeldomIsJudgedAtTheHighestRungOnly) {
  EXPECT_EQ(report(0, 3, 0.5), Fate::kPauses);
  report(1, 1, 0.1);
  report(2, 1, 0.2);

  EXPECT_EQ(resume(), 2);  // Trial 0 never was at iteration 1.
}

}  // namespace
}  // namespace manta::asha_promote_scheduler_test
