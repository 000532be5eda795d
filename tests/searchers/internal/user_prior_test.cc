// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/user_prior.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace manta::internal::user_prior_test {
namespace {

UnitCube cube_of(const std::string& space) { return UnitCube(parse_space(space).value()); }

// Of the density over many points at equal distances along the one axis, each on its level.
double mean_density(const UnitCube& cube) {
  const UserPrior prior(cube);
  constexpr int kPoints = 20'000;
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) {
    sum += std::exp(prior.log_density(cube.snap(UnitCube::Point{(i + 0.5) / kPoints})));
  }
  return sum / kPoints;
}

double density_at(const UnitCube& cube, const Config& config) {
  return std::exp(UserPrior(cube).log_density(cube.encode(config)));
}

TEST(UserPriorTest, WithoutDefaultsItIsFlat) {
  const UnitCube cube = cube_of(R"({"x": {"float": [0, 1]}, "c": {"choice": ["a", "b"]}})");
  const UserPrior prior(cube);

  EXPECT_TRUE(prior.is_flat());
  EXPECT_EQ(prior.log_density(UnitCube::Point{0.1, 0.75}), 0);
  EXPECT_EQ(prior.weight(History(cube, {}), 5), 0);
}

TEST(UserPriorTest, ItIsADensityOverEveryKindOfParameter) {
  for (const char* const parameter :
       {R"("float": [1e-4, 1], "log": true, "default": 1e-4)", R"("float": [0, 1], "step": 0.25, "default": 0.75)",
        R"("int": [1, 8], "log": true, "default": 2)", R"("int": [1, 900], "default": 100)",
        R"("ordinal": ["s", "m", "l"], "default": "m")", R"("normal": [3, 2], "default": 4)",
        R"("choice": [1, 2, 3, 4, 5], "default": 5)"}) {
    for (const char* const confidence : {"low", "medium", "high"}) {
      const std::string text = std::string("{\"x\": {") + parameter + ", \"confidence\": \"" + confidence + "\"}}";
      EXPECT_NEAR(mean_density(cube_of(text)), 1, 0.001) << text;
    }
  }
}

TEST(UserPriorTest, TheDefaultIsTheLikeliestAndTheSurerTheMoreSo) {
  for (const std::string parameter :
       {R"("float": [1e-4, 1], "log": true, "default": 0.1)", R"("choice": [0.1, 1.0, 10.0], "default": 0.1)",
        R"("ordinal": [0.1, 1.0, 10.0], "default": 0.1)"}) {
    double last = 1;
    for (const std::string confidence : {"low", "medium", "high"}) {
      const UnitCube cube = cube_of("{\"x\": {" + parameter + ", \"confidence\": \"" + confidence + "\"}}");
      const double at_default = density_at(cube, Config{{"x", 0.1}});
      EXPECT_GT(at_default, last) << parameter << confidence;
      EXPECT_LT(density_at(cube, Config{{"x", 1.0}}), at_default) << parameter << confidence;
      EXPECT_GT(density_at(cube, Config{{"x", 1.0}}), 0.1) << "every point is possible";
      last = at_default;
    }
  }
}

TEST(UserPriorTest, WhatTakesNoPartDoesNotCount) {
  const UnitCube cube = cube_of(R"({"c": {"choice": ["a", "b"]}, "x": {"float": [0, 1], "default": 0.2,
    "confidence": "high", "when": {"c": "b"}}})");

  EXPECT_EQ(density_at(cube, Config{{"c", std::string("a")}}), 1);
  EXPECT_LT(density_at(cube, Config{{"c", std::string("b")}, {"x", 0.9}}), 1);
}

TEST(UserPriorTest, TheSlopeIsThatOfTheDensity) {
  const UnitCube cube = cube_of(R"({"x": {"float": [0, 1], "default": 0.3, "confidence": "high"},
    "y": {"float": [0, 1]}, "n": {"int": [0, 100], "default": 90}, "c": {"choice": [1, 2], "default": 1}})");
  const UserPrior prior(cube);
  const UnitCube::Point point{0.41, 0.5, 0.7, 0.25};
  std::vector<double> slope{1, 1, 1, 1};

  prior.add_slope(point, 2, slope);

  for (std::size_t axis = 0; axis < 3; ++axis) {
    UnitCube::Point after = point;
    UnitCube::Point before = point;
    after[axis] += 1e-6;
    before[axis] -= 1e-6;
    const double difference = (prior.log_density(after) - prior.log_density(before)) / 2e-6;
    EXPECT_NEAR(slope[axis], 1 + 2 * difference, 1e-4) << axis;
  }
  EXPECT_EQ(slope[3], 1);
}

TEST(UserPriorTest, DrawsLieAsItsDensitySays) {
  const UnitCube cube = cube_of(R"({"x": {"float": [0, 1], "default": 0.9, "confidence": "high"},
    "c": {"choice": [1, 2, 3], "default": 2}, "y": {"float": [0, 1]}})");
  const UserPrior prior(cube);
  RandomStream random(1, 0);
  UnitCube::Point point(3);
  int near = 0;
  int second = 0;
  int low = 0;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    prior.draw(random, point);
    ASSERT_TRUE(std::ranges::all_of(point, [](double u) { return u >= 0 && u <= 1; }));
    near += point[0] > 0.75 ? 1 : 0;
    second += point[1] >= 1. / 3 && point[1] < 2. / 3 ? 1 : 0;
    low += point[2] < 0.5 ? 1 : 0;
  }

  double mass = 0;  // Above 0.75.
  for (int i = 0; i < 1000; ++i) {
    mass += std::exp(prior.log_density(UnitCube::Point{0.75 + (i + 0.5) / 4000, 0.5, 0.5})) / 4000;
  }
  const double of_second = std::exp(prior.log_density(UnitCube::Point{0.5, 0.5, 0.5}) -
                                    prior.log_density(UnitCube::Point{0.5, 0.1, 0.5}));
  mass /= std::exp(prior.log_density(UnitCube::Point{0.9, 0.5, 0.5}) -
                   UserPrior(cube_of(R"({"x": {"float": [0, 1], "default": 0.9, "confidence": "high"}})"))
                       .log_density(UnitCube::Point{0.9}));
  EXPECT_NEAR(near / double{kDraws}, mass, 0.03);
  EXPECT_NEAR(second / double{kDraws}, of_second / (of_second + 2), 0.03);
  EXPECT_NEAR(low / double{kDraws}, 0.5, 0.03);
}

class UserPriorWeightTest : public ::testing::Test {
 protected:
  // Weight after `trials` whose loss is their distance from `best`, of some that lie evenly.
  double weight(int trials, double best, TrialState state = TrialState::kCompleted) const {
    History history(cube_, {.metric = "loss", .mode = Mode::kMin});
    for (int trial = 0; trial < trials; ++trial) {
      const double x = std::fmod(0.5 + 0.618 * trial, 1.0);
      history.tell({.trial = TrialId{trial},
                    .config = Config{{"x", x}},
                    .state = state,
                    .iteration = 1,
                    .value = state == TrialState::kCompleted ? std::optional(std::fabs(x - best)) : std::nullopt});
    }
    return UserPrior(cube_).weight(history, 5);
  }

  const UnitCube cube_ = cube_of(R"({"x": {"float": [0, 1], "default": 0.2}})");
};

TEST_F(UserPriorWeightTest, ItFallsWithTheTrialsAndFailuresCountToo) {
  EXPECT_EQ(weight(0, 0.2), 1);
  EXPECT_EQ(weight(5, 0.2), 1);
  EXPECT_NEAR(weight(10, 0.2), 0.25, 1e-9);
  EXPECT_NEAR(weight(10, 0.2, TrialState::kFailed), 0.25, 1e-9);
  EXPECT_EQ(weight(100, 0.2), 0) << "it is negligible";
}

TEST_F(UserPriorWeightTest, ItFallsAtOnceWhereTheDataDisagree) {
  EXPECT_LT(weight(5, 0.9), 0.3);
  EXPECT_LT(weight(10, 0.9), 0.25 * 0.3);
}

}  // namespace
}  // namespace manta::internal::user_prior_test
