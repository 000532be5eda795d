// SPDX-License-Identifier: Apache-2.0
// Steps of decimal fractions.
#include "tune/space/internal/stepped_range.h"

#include <gtest/gtest.h>

namespace manta::internal::stepped_range_test {
namespace {

TEST(SteppedRangeTest, DecimalStepsDivideDecimalRanges) {
  EXPECT_TRUE(SteppedRange(0, 0.5, 0.05).is_divided());
  EXPECT_TRUE(SteppedRange(0.1, 0.7, 0.2).is_divided());
  EXPECT_TRUE(SteppedRange(-1.1, 2.2, 0.3).is_divided());
  EXPECT_TRUE(SteppedRange(0, 1, 1).is_divided());
  EXPECT_TRUE(SteppedRange(0, 1e6, 1e-6).is_divided());
  EXPECT_TRUE(SteppedRange(-1.5e308, 1.5e308, 0.5e308).is_divided());
}

TEST(SteppedRangeTest, OtherStepsDoNot) {
  EXPECT_FALSE(SteppedRange(0, 1, 0.3).is_divided());
  EXPECT_FALSE(SteppedRange(0, 1, 2).is_divided());
  EXPECT_FALSE(SteppedRange(0, 1, 0.50001).is_divided());
  EXPECT_FALSE(SteppedRange(0, 1, 0.0010001).is_divided());
}

TEST(SteppedRangeTest, StepsThatDrownInTheBoundsAreNotRepresentable) {
  EXPECT_TRUE(SteppedRange(0, 1e12, 1).is_representable());
  EXPECT_FALSE(SteppedRange(0, 1.1e12, 1).is_representable());
  EXPECT_FALSE(SteppedRange(1e16, 1e16 + 10, 1).is_representable());
  EXPECT_FALSE(SteppedRange(-1, 0, 5e-324).is_representable());
}

TEST(SteppedRangeTest, EveryValueHasItsIndexAndEveryIndexItsValue) {
  const SteppedRange range(-1.1, 2.2, 0.3);

  ASSERT_EQ(range.size(), 12);
  EXPECT_EQ(range.at(0), -1.1);
  EXPECT_EQ(range.at(11), 2.2);
  EXPECT_EQ(range.at(4), 0.1);
  for (int index = 0; index < 12; ++index) EXPECT_EQ(range.index_of(range.at(index)), index);
}

TEST(SteppedRangeTest, ValuesBetweenAndBeyondHaveNone) {
  const SteppedRange range(0, 1, 0.25);

  EXPECT_EQ(range.index_of(0.3), std::nullopt);
  EXPECT_EQ(range.index_of(-0.25), std::nullopt);
  EXPECT_EQ(range.index_of(1.25), std::nullopt);
}

}  // namespace
}  // namespace manta::internal::stepped_range_test
