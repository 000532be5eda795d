// SPDX-License-Identifier: Apache-2.0
// How much of an axis a side of a leaf covers.
#include "searchers/importance/axis_measure.h"

#include <gtest/gtest.h>

#include <cmath>

namespace manta::axis_measure_test {
namespace {

AxisMeasure measure(const char* parameter, std::optional<double> inactive = std::nullopt) {
  const UnitCube cube(parse_space(std::string(R"({"p": )") + parameter + "}").value());
  return {cube.axes().front(), cube.space().parameters().front().domain, inactive};
}

TEST(AxisMeasureTest, OfANumberItIsTheLength) {
  const AxisMeasure axis = measure(R"({"float": [0, 1]})");

  EXPECT_DOUBLE_EQ(axis.share({}), 1);
  EXPECT_DOUBLE_EQ(axis.share({0.25, 0.5}), 0.25);
  EXPECT_DOUBLE_EQ(axis.share({0.5, 0.5}), 0);
  EXPECT_DOUBLE_EQ(axis.coordinate(0.3), 0.3);
}

TEST(AxisMeasureTest, OfLevelsItIsTheirMassWhereverTheThresholdIsBetweenThem) {
  const AxisMeasure even = measure(R"({"int": [1, 4]})");
  EXPECT_DOUBLE_EQ(even.share({0, 0.2}), 0.25);
  EXPECT_DOUBLE_EQ(even.share({0, 0.37}), 0.25);
  EXPECT_DOUBLE_EQ(even.share({0.2, 0.9}), 0.75);
  const AxisMeasure logarithmic = measure(R"({"int": [1, 3], "log": true})");

  EXPECT_NEAR(logarithmic.share({0, 0.5}), std::log(3) / std::log(7), 1e-3) << "1 has [0.5, 1.5) of [0.5, 3.5)";
  EXPECT_NEAR(logarithmic.share({}), 1, 1e-12);
}

TEST(AxisMeasureTest, OfAChoiceItIsTheShareOfItsLevels) {
  const AxisMeasure axis = measure(R"({"choice": ["p", "q", "r"]})");

  EXPECT_DOUBLE_EQ(axis.share({.levels = 0b101}), 2. / 3);
  EXPECT_DOUBLE_EQ(axis.share(overlap({.levels = 0b101}, {.levels = 0b011})), 1. / 3);
}

TEST(AxisMeasureTest, InactiveHasItsProbability) {
  const double nothing = std::nan("");
  const AxisMeasure number = measure(R"({"float": [0, 1]})", 0.25);
  EXPECT_DOUBLE_EQ(number.coordinate(nothing), 0.25);
  EXPECT_DOUBLE_EQ(number.share({0, 0.4}), 0.25);
  EXPECT_DOUBLE_EQ(number.share({0.4, 0.75}), 0.75 / 2);
  const AxisMeasure levels = measure(R"({"int": [1, 2]})", 0.5);
  EXPECT_DOUBLE_EQ(levels.share({0.4, 0.7}), 0.25);
  EXPECT_DOUBLE_EQ(levels.share({}), 1);
  const AxisMeasure choice = measure(R"({"choice": ["p", "q"]})", 0.5);

  EXPECT_EQ(choice.axis().levels, 3);
  EXPECT_DOUBLE_EQ(choice.coordinate(nothing), 0.5 / 3);
  EXPECT_DOUBLE_EQ(choice.coordinate(0.75), 2.5 / 3);
  EXPECT_DOUBLE_EQ(choice.share({.levels = 0b001}), 0.5);
  EXPECT_DOUBLE_EQ(choice.share({.levels = 0b010}), 0.25);
}

}  // namespace
}  // namespace manta::axis_measure_test
