// SPDX-License-Identifier: Apache-2.0
#include "tune/space/unit_cube.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace manta::unit_cube_test {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

UnitCube cube_of(std::string_view json) { return UnitCube(parse_space(json).value()); }

constexpr const char* kEveryKind = R"({
  "lr": {"float": [1e-5, 1e-1], "log": true}, "dropout": {"float": [0, 0.5], "step": 0.05}, "x": {"float": [-3, 5]},
  "hidden": {"int": [16, 512], "log": true}, "layers": {"grid": [1, 2, 3]}, "batch": {"choice": [32, 64, 128]},
  "size": {"ordinal": ["s", "m", "l"]}, "noise": {"normal": [2, 3]}, "k": {"int": [-4, 11], "step": 3},
  "act": {"grid": ["tanh", "relu"]}, "one": {"choice": ["only"]}, "epochs": 20 })";

TEST(UnitCubeTest, WhatVariesHasAnAxis) {
  const UnitCube cube = cube_of(kEveryKind);

  std::string text;
  for (const Axis& axis : cube.axes()) {
    text += axis.name + " " + std::to_string(static_cast<int>(axis.kind)) + " " + std::to_string(axis.levels) + "\n";
  }
  EXPECT_EQ(text,
            "lr 0 0\ndropout 1 11\nx 0 0\nhidden 1 497\nlayers 2 3\nbatch 3 3\nsize 2 3\nnoise 0 0\nk 1 6\nact 3 2\n");
}

TEST(UnitCubeTest, DecodingWhatWasEncodedGivesTheConfigurationAgain) {
  const UnitCube cube = cube_of(kEveryKind);
  for (std::int64_t trial = 0; trial < 300; ++trial) {
    const Config config = sample(cube.space(), 1, trial, trial % cube.space().grid_size()).value();
    const Config again = cube.decode(cube.encode(config));
    ASSERT_TRUE(cube.space().validate(again).has_value());
    for (const auto& [name, value] : config.values()) {
      if (const auto* number = std::get_if<double>(&value)) {
        EXPECT_NEAR(std::get<double>(again.values().at(name)), *number, 1e-9 * (1 + std::abs(*number))) << name;
      } else {
        EXPECT_EQ(again.values().at(name), value) << name;
      }
    }
  }
}

TEST(UnitCubeTest, SnappingKeepsTheConfiguration) {
  const UnitCube cube = cube_of(kEveryKind);
  RandomStream random(1, 2);
  for (int i = 0; i < 200; ++i) {
    UnitCube::Point point(cube.size());
    for (double& u : point) u = random.uniform();
    const UnitCube::Point snapped = cube.snap(point);
    EXPECT_EQ(cube.decode(snapped)["hidden"].as<int>(), cube.decode(point)["hidden"].as<int>());
    EXPECT_EQ(cube.decode(snapped)["k"].as<int>(), cube.decode(point)["k"].as<int>());
    EXPECT_NEAR(snapped[0], point[0], 1e-9);
    EXPECT_EQ(snapped[4], (std::floor(point[4] * 3) + 0.5) / 3);
  }
}

TEST(UnitCubeTest, BothEndsAreReached) {
  const UnitCube cube = cube_of(kEveryKind);
  const Config low = cube.decode(UnitCube::Point(cube.size(), -1));
  const Config high = cube.decode(UnitCube::Point(cube.size(), 2));

  EXPECT_EQ(low["x"].as<double>(), -3);
  EXPECT_EQ(high["x"].as<double>(), 5);
  EXPECT_EQ(high["lr"].as<double>(), 1e-1);
  EXPECT_EQ(low["hidden"].as<int>(), 16);
  EXPECT_EQ(high["hidden"].as<int>(), 512);
  EXPECT_EQ(high["size"].as<std::string>(), "l");
  EXPECT_TRUE(std::isfinite(low["noise"].as<double>()));
  EXPECT_TRUE(cube.space().validate(high).has_value());
}

TEST(UnitCubeTest, AMissingParameterIsNoNumber) {
  const UnitCube cube = cube_of(R"({"x": {"float": [0, 1]}, "y": {"int": [1, 3]}})");

  const UnitCube::Point point = cube.encode(Config{{"y", std::int64_t{2}}});

  EXPECT_TRUE(std::isnan(point[0]));
  EXPECT_EQ(point[1], 0.5);
  EXPECT_EQ(cube.decode(UnitCube::Point{kNone, 0.9})["x"].as<double>(), 0.5);
}

TEST(UnitCubeTest, ConfigurationsAreCounted) {
  EXPECT_EQ(cube_of(R"({"a": {"int": [1, 5]}, "b": {"choice": ["p", "q"]}, "c": 3})").configurations(), 10);
  EXPECT_EQ(cube_of(R"({"a": {"int": [1, 5]}, "b": {"float": [0, 1]}})").configurations(), std::int64_t{1} << 62);
  EXPECT_EQ(cube_of(R"({"a": 1})").configurations(), 1);
}

TEST(PositionOfTest, WhatIsNotOfTheDomainHasNone) {
  EXPECT_TRUE(std::isnan(position_of(FloatDomain{.low = 0, .high = 1}, Value(1.5))));
  EXPECT_TRUE(std::isnan(position_of(IntDomain{.low = 0, .high = 4}, Value(std::string("a")))));
  EXPECT_TRUE(std::isnan(position_of(ChoiceDomain{{Value(true)}}, Value(false))));
  EXPECT_EQ(position_of(NormalDomain{.mean = 2, .stddev = 3}, Value(2.0)), 0.5);
  EXPECT_EQ(position_of(FloatDomain{.low = -1e308, .high = 1e308}, Value(0.0)), 0.5);
}

constexpr const char* kRules = R"({
  "opt": {"choice": ["sgd", "adam"]}, "momentum": {"float": [0, 1], "when": {"opt": "sgd"}}, "n": {"int": [1, 8]},
  "fixed": {"when": {"opt": "adam"}, "beta": 0.9}, "constraints": ["n * momentum < 2", "n > 1"] })";

TEST(UnitCubeTest, AnInactiveCoordinateIsNoneAndItsParameterIsLeftOut) {
  const UnitCube cube = cube_of(kRules);
  const UnitCube::Point adam{0.75, 0.5, 0.5};

  EXPECT_EQ(cube.decode(adam).to_json(), R"({"fixed":{"beta":0.9},"n":5,"opt":"adam"})");
  EXPECT_TRUE(std::isnan(cube.encode(cube.decode(adam))[1]));
  EXPECT_TRUE(std::isnan(cube.snap(adam)[1]));
  EXPECT_EQ(cube.activity(adam), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(cube.decode(UnitCube::Point{0.25, kNone, 0.5})["momentum"].as<double>(), 0.5);
}

TEST(UnitCubeTest, FeasibleIsWhatKeepsTheConstraints) {
  const UnitCube cube = cube_of(kRules);
  RandomStream random(1, 3);
  int feasible = 0;
  for (int i = 0; i < 300; ++i) {
    UnitCube::Point point(cube.size());
    for (double& u : point) u = random.uniform();
    EXPECT_EQ(cube.is_feasible(point), cube.space().validate(cube.decode(point)).has_value());
    feasible += cube.is_feasible(point) ? 1 : 0;
  }
  EXPECT_GT(feasible, 100);
  EXPECT_LT(feasible, 290);
}

}  // namespace
}  // namespace manta::unit_cube_test
