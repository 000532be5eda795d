// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/objective.h"

#include <gtest/gtest.h>

namespace manta::objective_test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(ObjectiveTest, ALargerScoreIsBetterWhicheverWayTheMetricGoes) {
  const Objective loss{"loss", Mode::kMin};
  const Objective accuracy{"accuracy", Mode::kMax};

  EXPECT_GT(loss.score(0.1), loss.score(0.2));
  EXPECT_GT(accuracy.score(0.2), accuracy.score(0.1));
}

TEST(ObjectiveTest, NaNAndTheBadInfinityAreBelowEveryFiniteValue) {
  for (const Mode mode : {Mode::kMin, Mode::kMax}) {
    const Objective objective{"x", mode};
    const double bad = mode == Mode::kMax ? -1 : 1;
    const double worst_finite = objective.score(bad * std::numeric_limits<double>::max());

    EXPECT_LT(objective.score(kNaN), worst_finite);
    EXPECT_LT(objective.score(bad * kInfinity), worst_finite);
    EXPECT_EQ(objective.score(kNaN), objective.score(bad * kInfinity));
  }
}

}  // namespace
}  // namespace manta::objective_test
