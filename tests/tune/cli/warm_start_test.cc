// SPDX-License-Identifier: Apache-2.0
// Which trials of an earlier experiment are taken, and how the searcher is told.
#include "tune/cli/warm_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/scripted_searcher.h"

namespace manta::warm_start_test {
namespace {

using ::testing::HasSubstr;

TrialStatus trial(std::int64_t number, TrialState state, std::optional<double> value, Config config = {{"x", 0.5}}) {
  return {.id = TrialId{number}, .config = std::move(config), .state = state, .iteration = 3, .value = value};
}

class WarmStartTest : public ::testing::Test {
 protected:
  const Space space_ = parse_space(R"({"x": {"float": [0, 1]}, "constraints": ["x < 0.9"]})").value();
};

TEST_F(WarmStartTest, WhatEndedAndMeansTheSameIsTaken) {
  const WarmStart warm = choose_warm_trials({trial(0, TrialState::kCompleted, 1), trial(1, TrialState::kStopped, 2),
                                             trial(2, TrialState::kInfeasible, std::nullopt)},
                                            "runs/a", space_);

  EXPECT_EQ(warm.trials.size(), 3u);
  EXPECT_EQ(warm.line, "warm start from runs/a: 3 of 3 trials");
}

TEST_F(WarmStartTest, WhatIsLeftOutIsCountedByItsReason) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const WarmStart warm = choose_warm_trials(
      {trial(0, TrialState::kCompleted, 1), trial(1, TrialState::kRunning, 2), trial(2, TrialState::kFailed, 2),
       trial(3, TrialState::kCompleted, nan), trial(4, TrialState::kStopped, std::nullopt),
       trial(5, TrialState::kCompleted, 1, {{"x", 1.5}}), trial(6, TrialState::kCompleted, 1, {{"y", 0.5}}),
       trial(7, TrialState::kCompleted, 1, {{"x", 0.95}}),
       trial(8, TrialState::kCompleted, 1, {{"x", 0.5}, {"y", 1.0}})},
      "runs/a", space_);

  EXPECT_EQ(warm.trials.size(), 1u);
  EXPECT_THAT(warm.line,
              HasSubstr("1 of 9 trials; left out are 1 not ended, 1 failed, 2 without a finite value, 4 outside "
                        "of the space (trial 5: configuration: x: 1.5 lies outside"));
}

TEST_F(WarmStartTest, TheSearcherIsToldUnderNumbersOfTheirOwn) {
  const WarmStart warm =
      choose_warm_trials({trial(4, TrialState::kCompleted, 1), trial(9, TrialState::kInfeasible, 2)}, "runs/a", space_);
  ScriptedSearcher searcher;

  tell_warm_start(warm, searcher);

  ASSERT_EQ(searcher.told.size(), 2u);
  EXPECT_EQ(searcher.told[0].trial.number, kFirstNumberOfBefore);
  EXPECT_EQ(searcher.told[0].value, 1);
  EXPECT_EQ(searcher.told[0].iteration, 3);
  EXPECT_EQ(searcher.told[1].trial.number, kFirstNumberOfBefore + 1);
  EXPECT_EQ(searcher.told[1].value, std::nullopt);
}

}  // namespace
}  // namespace manta::warm_start_test
