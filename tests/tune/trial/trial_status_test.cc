// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/trial_status.h"

#include <gtest/gtest.h>

#include <array>

namespace manta::trial_status_test {
namespace {

constexpr std::array kStates = {TrialState::kPending,    TrialState::kRunning,     TrialState::kPaused,
                                TrialState::kCompleted,  TrialState::kStopped,     TrialState::kFailed,
                                TrialState::kInfeasible, TrialState::kInterrupted, TrialState::kHeld};

TEST(TrialStatusTest, EveryStateHasANameThatReadsBack) {
  for (const TrialState state : kStates) {
    EXPECT_EQ(trial_state_from_string(to_string(state)), state);
  }
  EXPECT_EQ(to_string(TrialState::kPending), "pending");
  EXPECT_EQ(to_string(TrialState::kInterrupted), "interrupted");
}

TEST(TrialStatusTest, AnUnknownNameIsNoState) {
  EXPECT_EQ(trial_state_from_string("Running"), std::nullopt);
  EXPECT_EQ(trial_state_from_string(""), std::nullopt);
}

TEST(TrialStatusTest, CompletedStoppedFailedAndInfeasibleAreTheEnds) {
  for (const TrialState state : kStates) {
    const bool end = state == TrialState::kCompleted || state == TrialState::kStopped || state == TrialState::kFailed ||
                     state == TrialState::kInfeasible;
    EXPECT_EQ(is_ended(state), end) << to_string(state);
  }
}

}  // namespace
}  // namespace manta::trial_status_test
