// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/bracket_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace manta::internal::bracket_plan_test {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> sizes_of(const BracketPlan& plan) {
  std::vector<std::int64_t> sizes;
  for (const Bracket& bracket : plan.band()) sizes.push_back(bracket.trials);
  return sizes;
}

TEST(BracketPlanTest, HasTheSizesOfThePaper) {
  const BracketPlan plan(81, 3);

  EXPECT_THAT(sizes_of(plan), ElementsAre(81, 34, 15, 8, 5));
  EXPECT_THAT(plan.band()[0].rungs, ElementsAre(1, 3, 9, 27, 81));
  EXPECT_THAT(plan.band()[3].rungs, ElementsAre(27, 81));
  EXPECT_THAT(plan.band()[4].rungs, ElementsAre(81));
}

TEST(BracketPlanTest, TheLastRungIsMaxTAlsoWhereItIsNoPowerOfEta) {
  EXPECT_THAT(BracketPlan(100, 3).band()[0].rungs, ElementsAre(1, 3, 11, 33, 100));
  EXPECT_THAT(BracketPlan(1, 2).band()[0].rungs, ElementsAre(1));
  EXPECT_THAT(BracketPlan(16, 2).band()[0].rungs, ElementsAre(1, 2, 4, 8, 16));
}

TEST(BracketPlanTest, EveryTrialHasOneBracketAndTheBandsFollowEachOther) {
  const BracketPlan plan(9, 3);  // 9, 5 and 3 trials.

  std::vector<std::int64_t> counts(6);
  for (std::int64_t trial = 0; trial < 34; ++trial) {
    const std::int64_t bracket = plan.bracket_of(trial);
    ++counts.at(static_cast<std::size_t>(bracket));
    EXPECT_LE(plan.first_of(bracket), trial);
    EXPECT_GT(plan.first_of(bracket + 1), trial);
  }
  EXPECT_THAT(counts, ElementsAre(9, 5, 3, 9, 5, 3));
}

}  // namespace
}  // namespace manta::internal::bracket_plan_test
