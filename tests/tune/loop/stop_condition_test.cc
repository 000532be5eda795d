// SPDX-License-Identifier: Apache-2.0
// Stop conditions: reading and testing them.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tune/loop/loop_options.h"

namespace manta::stop_condition_test {
namespace {

using Comparison = StopCondition::Comparison;

bool holds(std::string_view condition, double value) {
  return StopCondition::parse(condition).value().holds({{"accuracy", value}});
}

TEST(StopConditionTest, ReadsMetricComparisonAndThreshold) {
  const StopCondition condition = StopCondition::parse("accuracy>=0.99").value();

  EXPECT_EQ(condition.metric, "accuracy");
  EXPECT_EQ(condition.comparison, Comparison::kGreaterEqual);
  EXPECT_EQ(condition.threshold, 0.99);
}

TEST(StopConditionTest, KnowsFourComparisons) {
  EXPECT_EQ(StopCondition::parse("a>1").value().comparison, Comparison::kGreater);
  EXPECT_EQ(StopCondition::parse("a>=1").value().comparison, Comparison::kGreaterEqual);
  EXPECT_EQ(StopCondition::parse("a<1").value().comparison, Comparison::kLess);
  EXPECT_EQ(StopCondition::parse("a<=1").value().comparison, Comparison::kLessEqual);
}

TEST(StopConditionTest, SpacesAroundThePartsDoNotMatter) {
  const StopCondition condition = StopCondition::parse("  val/loss  <  -1e-3 ").value();

  EXPECT_EQ(condition.metric, "val/loss");
  EXPECT_EQ(condition.threshold, -1e-3);
}

TEST(StopConditionTest, HoldsOnTheRightSideOfTheThreshold) {
  EXPECT_TRUE(holds("accuracy>=0.5", 0.5));
  EXPECT_FALSE(holds("accuracy>0.5", 0.5));
  EXPECT_TRUE(holds("accuracy<=0.5", 0.5));
  EXPECT_FALSE(holds("accuracy<0.5", 0.5));
  EXPECT_TRUE(holds("accuracy>0.5", 0.6));
  EXPECT_TRUE(holds("accuracy<0.5", 0.4));
}

TEST(StopConditionTest, NaNAndAMissingMetricPassNothing) {
  for (const std::string condition : {"accuracy>0", "accuracy>=0", "accuracy<0", "accuracy<=0"}) {
    EXPECT_FALSE(holds(condition, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(StopCondition::parse(condition).value().holds({{"loss", 0}}));
    EXPECT_FALSE(StopCondition::parse(condition).value().holds({}));
  }
}

TEST(StopConditionTest, WhatCannotBeReadIsNamedWithTheFormExpected) {
  for (const std::string text : {"", "accuracy", "accuracy=0.9", "accuracy==0.9", ">=0.9", " > 1", "accuracy>=",
                                 "accuracy>=x", "accuracy>=0.9x", "accuracy>=nan", "accuracy=>0.9", "accuracy>>1"}) {
    const auto condition = StopCondition::parse(text);
    ASSERT_FALSE(condition.has_value()) << text;
    EXPECT_EQ(condition.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(condition.error().message.find("\"" + text + "\""), std::string::npos) << condition.error().message;
    EXPECT_NE(condition.error().message.find("accuracy>=0.99"), std::string::npos) << condition.error().message;
  }
}

}  // namespace
}  // namespace manta::stop_condition_test
