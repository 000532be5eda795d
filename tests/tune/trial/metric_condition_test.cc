// SPDX-License-Identifier: Apache-2.0
// Stop conditions: reading and testing them.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tune/trial/metric_condition.h"

namespace manta::metric_condition_test {
namespace {

using Comparison = MetricCondition::Comparison;

bool holds(std::string_view condition, double value) {
  return MetricCondition::parse(condition).value().holds({{"accuracy", value}});
}

TEST(MetricConditionTest, ReadsMetricComparisonAndThreshold) {
  const MetricCondition condition = MetricCondition::parse("accuracy>=0.99").value();

  EXPECT_EQ(condition.metric, "accuracy");
  EXPECT_EQ(condition.comparison, Comparison::kGreaterEqual);
  EXPECT_EQ(condition.threshold, 0.99);
}

TEST(MetricConditionTest, KnowsFourComparisons) {
  EXPECT_EQ(MetricCondition::parse("a>1").value().comparison, Comparison::kGreater);
  EXPECT_EQ(MetricCondition::parse("a>=1").value().comparison, Comparison::kGreaterEqual);
  EXPECT_EQ(MetricCondition::parse("a<1").value().comparison, Comparison::kLess);
  EXPECT_EQ(MetricCondition::parse("a<=1").value().comparison, Comparison::kLessEqual);
}

TEST(MetricConditionTest, SpacesAroundThePartsDoNotMatter) {
  const MetricCondition condition = MetricCondition::parse("  val/loss  <  -1e-3 ").value();

  EXPECT_EQ(condition.metric, "val/loss");
  EXPECT_EQ(condition.threshold, -1e-3);
}

TEST(MetricConditionTest, HoldsOnTheRightSideOfTheThreshold) {
  EXPECT_TRUE(holds("accuracy>=0.5", 0.5));
  EXPECT_FALSE(holds("accuracy>0.5", 0.5));
  EXPECT_TRUE(holds("accuracy<=0.5", 0.5));
  EXPECT_FALSE(holds("accuracy<0.5", 0.5));
  EXPECT_TRUE(holds("accuracy>0.5", 0.6));
  EXPECT_TRUE(holds("accuracy<0.5", 0.4));
}

TEST(MetricConditionTest, NaNAndAMissingMetricPassNothing) {
  for (const std::string condition : {"accuracy>0", "accuracy>=0", "accuracy<0", "accuracy<=0"}) {
    EXPECT_FALSE(holds(condition, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(MetricCondition::parse(condition).value().holds({{"loss", 0}}));
    EXPECT_FALSE(MetricCondition::parse(condition).value().holds({}));
  }
}

TEST(MetricConditionTest, WhatCannotBeReadIsNamedWithTheFormExpected) {
  for (const std::string text : {"", "accuracy", "accuracy=0.9", "accuracy==0.9", ">=0.9", " > 1", "accuracy>=",
                                 "accuracy>=x", "accuracy>=0.9x", "accuracy>=nan", "accuracy=>0.9", "accuracy>>1"}) {
    const auto condition = MetricCondition::parse(text);
    ASSERT_FALSE(condition.has_value()) << text;
    EXPECT_EQ(condition.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(condition.error().message.find("\"" + text + "\""), std::string::npos) << condition.error().message;
    EXPECT_NE(condition.error().message.find("accuracy>=0.99"), std::string::npos) << condition.error().message;
  }
}

TEST(MetricConditionTest, ItsMarginIsHowFarItIsFromTheThreshold) {
  const MetricCondition below = MetricCondition::parse("latency<=20").value();
  const MetricCondition above = MetricCondition::parse("accuracy>0.5").value();

  EXPECT_EQ(below.margin({{"latency", 20}}), 0);
  EXPECT_EQ(below.margin({{"latency", 23}}), 3);
  EXPECT_EQ(below.margin({{"latency", 12.5}}), -7.5);
  EXPECT_EQ(below.margin({{"latency", -std::numeric_limits<double>::infinity()}}), -std::numeric_limits<double>::max());
  EXPECT_EQ(above.margin({{"accuracy", 0.25}}), 0.25);
  EXPECT_GT(above.margin({{"accuracy", 0.5}}), 0) << "it does not hold";
  EXPECT_EQ(above.margin({{"accuracy", std::numeric_limits<double>::quiet_NaN()}}),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(above.margin({}), std::numeric_limits<double>::infinity());
}

TEST(MetricConditionTest, ItsTextIsWhatParseReads) {
  for (const std::string text : {"a > 1", "a >= 0.1", "a/b < -1e-300", "a <= 20"}) {
    const MetricCondition condition = MetricCondition::parse(text).value();
    EXPECT_EQ(condition.text(), text);
    EXPECT_EQ(MetricCondition::parse(condition.text()).value(), condition);
  }
}

}  // namespace
}  // namespace manta::metric_condition_test
