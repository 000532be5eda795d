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

std::vector<Objective> read(std::string_view text, Mode mode = Mode::kMin) { return *parse_objectives(text, mode); }

TEST(ParseObjectivesTest, OneNameHasTheModeThatIsGivenBesideIt) {
  EXPECT_EQ(read("loss"), (std::vector<Objective>{{"loss", Mode::kMin}}));
  EXPECT_EQ(read("accuracy", Mode::kMax), (std::vector<Objective>{{"accuracy", Mode::kMax}}));
  EXPECT_EQ(read("accuracy:max"), (std::vector<Objective>{{"accuracy", Mode::kMax}}));
  EXPECT_EQ(read("val:loss", Mode::kMax), (std::vector<Objective>{{"val:loss", Mode::kMax}})) << "a colon of its own";
}

TEST(ParseObjectivesTest, SeveralEachHaveTheirOwn) {
  EXPECT_EQ(read("error:min,accuracy:max"),
            (std::vector<Objective>{{"error", Mode::kMin}, {"accuracy", Mode::kMax}}));
  EXPECT_EQ(read(" a , val:b:max, c:min ", Mode::kMax),
            (std::vector<Objective>{{"a", Mode::kMax}, {"val:b", Mode::kMax}, {"c", Mode::kMin}}));
}

TEST(ParseObjectivesTest, WhatCannotBeReadIsNamedWithTheFormExpected) {
  for (const std::string text : {"", ",", "a,", ",a", "a,,b", ":min", "a,:max", "a,a", "a:min,a:max"}) {
    const auto objectives = parse_objectives(text, Mode::kMin);
    ASSERT_FALSE(objectives.has_value()) << text;
    EXPECT_EQ(objectives.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(objectives.error().message.find("\"" + text + "\""), std::string::npos) << objectives.error().message;
    EXPECT_NE(objectives.error().message.find("error:min"), std::string::npos) << objectives.error().message;
  }
}

}  // namespace
}  // namespace manta::objective_test
