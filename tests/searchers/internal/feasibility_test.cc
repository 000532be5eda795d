// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/feasibility.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tune/space/space.h"

namespace manta::internal::feasibility_test {
namespace {

class FeasibilityTest : public ::testing::Test {
 protected:
  // The first `ended` of 40 trials have ended, those with a large x without a value.
  History history(int ended) const {
    History made(cube_, Objective{.metric = "loss", .mode = Mode::kMin});
    for (std::int64_t i = 0; i < 40; ++i) {
      const double u = static_cast<double>(i * 7 % 40) / 40;
      made.suggest(TrialId{i}, std::array{u});
      if (i >= ended) continue;
      const Config config{{"x", u}};
      const bool fails = u > 0.6;
      made.tell({.trial = TrialId{i},
                 .config = config,
                 .state = fails ? TrialState::kFailed : TrialState::kCompleted,
                 .iteration = 1,
                 .value = fails ? std::nullopt : std::optional(u)});
    }
    return made;
  }
  std::vector<double> probabilities(const Feasibility& feasibility) const {
    std::vector<double> all;
    for (double u = 0; u < 1; u += 0.05) all.push_back(feasibility.probability(std::array{u}));
    return all;
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
};

TEST_F(FeasibilityTest, ACopyLearnsFromWhatTheOriginalHadSeen) {
  Feasibility original(cube_);
  original.learn(history(20));
  ASSERT_FALSE(original.is_sure());
  EXPECT_LT(original.probability(std::array{0.9}), original.probability(std::array{0.1}));
  Feasibility copy(cube_);
  ASSERT_TRUE(copy.restore(original.learned(), original.states()));
  EXPECT_FALSE(copy.is_sure());

  // Twenty more have ended since, which is no reason for a new fit.
  original.learn(history(40));
  copy.learn(history(40));

  EXPECT_EQ(probabilities(copy), probabilities(original));
  Feasibility anew(cube_);
  anew.learn(history(40));
  EXPECT_NE(probabilities(anew), probabilities(original)) << "else this shows nothing";
}

TEST_F(FeasibilityTest, WithoutFailuresACopyIsSureToo) {
  Feasibility original(cube_);
  original.learn(history(1));
  ASSERT_TRUE(original.is_sure());
  Feasibility copy(cube_);
  ASSERT_TRUE(copy.restore(original.learned(), original.states()));

  copy.learn(history(40));

  EXPECT_TRUE(copy.is_sure()) << "it learned at this size before the others failed";
}

TEST_F(FeasibilityTest, WhatNoOriginalSaysIsRefused) {
  Feasibility copy(cube_);

  EXPECT_FALSE(copy.restore(3, "vvxv"));
  EXPECT_FALSE(copy.restore(4, "vvx?"));
  EXPECT_FALSE(copy.restore(2000, std::string(1000, 'v')));
  EXPECT_TRUE(copy.is_sure());
}

}  // namespace
}  // namespace manta::internal::feasibility_test
