// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/repeated_value.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace manta::repeated_value_test {
namespace {

RepeatedValue of(std::initializer_list<double> values) {
  RepeatedValue all;
  for (const double value : values) all.add(value);
  return all;
}

TEST(RepeatedValueTest, CountsMeansAndSquares) {
  EXPECT_EQ(of({}).count, 0);
  const RepeatedValue value = of({1, 2, 6});
  EXPECT_EQ(value.count, 3);
  EXPECT_DOUBLE_EQ(value.mean, 3);
  EXPECT_DOUBLE_EQ(value.squares, 14);
}

TEST(RepeatedValueTest, NoiseIsPooledOverThoseWithSeveralValues) {
  const std::vector<RepeatedValue> values{of({1, 3}), of({100}), of({10, 10, 16}), of({})};

  EXPECT_DOUBLE_EQ(noise_deviation(values).value(), std::sqrt((2. + 24.) / 3));
  EXPECT_FALSE(noise_deviation(std::vector{of({1}), of({2})}));
  EXPECT_DOUBLE_EQ(noise_deviation(std::vector{of({1, 1})}).value(), 0);
}

TEST(RepeatedValueTest, AMeanOfFourIsTwiceAsSure) { EXPECT_DOUBLE_EQ(standard_error(of({1, 2, 3, 4}), 3), 1.5); }

}  // namespace
}  // namespace manta::repeated_value_test
