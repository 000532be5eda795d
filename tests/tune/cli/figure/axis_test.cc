// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/figure/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace manta::figure::axis_test {
namespace {

using ::testing::ElementsAre;

constexpr Axis::Scale kLinear = Axis::Scale::kLinear;
constexpr Axis::Scale kLog = Axis::Scale::kLog;

std::vector<std::string> texts(const std::vector<Tick>& ticks) {
  std::vector<std::string> found;
  for (const Tick& tick : ticks) found.push_back(tick.text);
  return found;
}

TEST(AxisTest, PlacesValuesBetweenItsEnds) {
  const Axis axis({-10, 30}, kLinear);

  EXPECT_EQ(axis.place(-10), 0);
  EXPECT_EQ(axis.place(0), 0.25);
  EXPECT_EQ(axis.place(30), 1);
}

TEST(AxisTest, ALogarithmicAxisGivesEachPowerTheSameLength) {
  const Axis axis({1e-4, 1}, kLog);

  EXPECT_NEAR(*axis.place(1e-4), 0, 1e-12);
  EXPECT_NEAR(*axis.place(1e-3), 0.25, 1e-12);
  EXPECT_NEAR(*axis.place(1e-1), 0.75, 1e-12);
  EXPECT_NEAR(*axis.place(1), 1, 1e-12);
}

TEST(AxisTest, WhatIsNotFiniteHasNoPlaceNorHasZeroOnALogarithmicAxis) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(Axis({0, 1}, kLinear).place(value), std::nullopt);
    EXPECT_EQ(Axis({1, 2}, kLog).place(value), std::nullopt);
  }
  EXPECT_EQ(Axis({1, 2}, kLog).place(0), std::nullopt);
  EXPECT_EQ(Axis({1, 2}, kLog).place(-1), std::nullopt);
}

TEST(AxisTest, ASingleValueLiesInTheMiddle) {
  EXPECT_DOUBLE_EQ(*Axis({5, 5}, kLinear).place(5), 0.5);
  EXPECT_DOUBLE_EQ(*Axis({0, 0}, kLinear).place(0), 0.5);
  EXPECT_DOUBLE_EQ(*Axis({1e-3, 1e-3}, kLog).place(1e-3), 0.5);
}

TEST(AxisTest, WithoutValuesItReachesFromZeroToOne) {
  const Axis axis({}, kLinear);

  EXPECT_EQ(axis.place(0), 0);
  EXPECT_EQ(axis.place(1), 1);
}

TEST(AxisTest, TheLargestNumbersThereAreHaveAPlace) {
  const Axis axis({-1.7e308, 1.7e308}, kLinear);

  EXPECT_DOUBLE_EQ(*axis.place(0), 0.5);
  EXPECT_GE(axis.ticks().size(), 2u);
}

TEST(AxisTest, AnExtentThatIsNotPositiveMakesALogarithmicAxisLinear) {
  EXPECT_FALSE(Axis({0, 1}, kLog).is_log());
  EXPECT_TRUE(Axis({0.1, 1}, kLog).is_log());
}

TEST(AxisTest, TicksAreRoundNumbers) {
  EXPECT_THAT(texts(Axis({0, 1}, kLinear).ticks()), ElementsAre("0", "0.5", "1.0"));
  EXPECT_THAT(texts(Axis({0.62, 0.97}, kLinear).ticks()), ElementsAre("0.7", "0.8", "0.9"));
  EXPECT_THAT(texts(Axis({-3, 47000}, kLinear).ticks()), ElementsAre("0", "20000", "40000"));
  EXPECT_THAT(texts(Axis({1.1e7, 1.9e7}, kLinear).ticks()), ElementsAre("1.2e7", "1.4e7", "1.6e7", "1.8e7"));
  EXPECT_THAT(texts(Axis({2e-8, 6e-8}, kLinear).ticks()), ElementsAre("2e-8", "3e-8", "4e-8", "5e-8", "6e-8"));
}

TEST(AxisTest, IterationsHaveNoFractions) {
  EXPECT_THAT(texts(Axis({0, 2}, kLinear).ticks(/*whole=*/true)), ElementsAre("0", "1", "2"));
}

TEST(AxisTest, LogarithmicTicksArePowersOfTenWhereThereAreEnough) {
  EXPECT_THAT(texts(Axis({1e-5, 0.3}, kLog).ticks()), ElementsAre("1e-5", "0.0001", "0.001", "0.01", "0.1"));
  EXPECT_THAT(texts(Axis({1e-12, 1e8}, kLog).ticks()),
              ElementsAre("1e-12", "1e-9", "1e-6", "0.001", "1", "1000", "1e6"));
  EXPECT_THAT(texts(Axis({3, 70}, kLog).ticks()), ElementsAre("5", "10", "20", "50"));
  EXPECT_THAT(texts(Axis({41, 49}, kLog).ticks()), ElementsAre("42", "44", "46", "48"));
}

TEST(AxisTest, TicksAreFewAndWithinTheEnds) {
  for (const Axis::Scale scale : {kLinear, kLog}) {
    for (double low = 1e-9; low < 1e9; low *= 37) {
      for (double factor = 1.0001; factor < 1e12; factor = 1 + (factor - 1) * 7) {
        const Axis axis({low, low * factor}, scale);
        const std::vector<Tick> ticks = axis.ticks();
        EXPECT_GE(ticks.size(), 1u) << low << " " << factor;
        EXPECT_LE(ticks.size(), 8u) << low << " " << factor;
        for (const Tick& tick : ticks) {
          EXPECT_GE(*axis.place(tick.value), -1e-2) << tick.text;
          EXPECT_LE(*axis.place(tick.value), 1.01) << tick.text;
          EXPECT_NEAR(std::stod(tick.text), tick.value, 1e-6 * tick.value) << tick.text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace manta::figure::axis_test
