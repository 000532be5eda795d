// SPDX-License-Identifier: Apache-2.0
#include "searchers/forest/random_forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace manta::random_forest_test {
namespace {

const std::vector<Axis> kTwoNumbers{{"x", AxisKind::kContinuous, 0}, {"y", AxisKind::kContinuous, 0}};

struct Sample {
  std::vector<double> points;
  std::vector<double> targets;
};

Sample sample_of(std::size_t count, std::size_t dimensions, const std::function<double(const double*)>& target) {
  RandomStream random(1, 2);
  Sample sample;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t axis = 0; axis < dimensions; ++axis) sample.points.push_back(random.uniform());
    sample.targets.push_back(target(&sample.points[i * dimensions]));
  }
  return sample;
}

RandomForest fit(const std::vector<Axis>& axes, const Sample& sample, const RandomForest::Options& options = {}) {
  RandomStream random(3, 4);
  return RandomForest(axes, sample.points, sample.targets, options, random);
}

TEST(RandomForestTest, FollowsAFunctionOfNumbers) {
  const auto plane = [](const double* at) { return 3 * at[0] - at[1]; };
  const RandomForest forest = fit(kTwoNumbers, sample_of(300, 2, plane));

  for (const double x : {0.1, 0.4, 0.9}) {
    const std::vector<double> point{x, 0.5};
    EXPECT_NEAR(forest.predict(point).mean, plane(point.data()), 0.25);
  }
}

TEST(RandomForestTest, SplitsTheLevelsOfAChoiceByTheirTargetsNotTheirOrder) {
  const std::vector<Axis> axes{{"c", AxisKind::kChoice, 5}};
  const auto odd = [](const double* at) { return static_cast<int>(at[0] * 5) % 2 == 1 ? 1. : 0.; };
  const RandomForest forest = fit(axes, sample_of(60, 1, odd), {.trees = 10, .min_leaf = 10});

  for (int level = 0; level < 5; ++level) {
    const std::vector<double> point{(level + 0.5) / 5};
    EXPECT_EQ(forest.predict(point).mean, level % 2) << level;
  }
}

TEST(RandomForestTest, ALevelNeverSeenIsLessSureThanOneThatWas) {
  const std::vector<Axis> axes{{"c", AxisKind::kChoice, 3}};
  const Sample sample{{0.1, 0.1, 0.1, 0.5, 0.5, 0.5}, {0, 0, 0, 1, 1, 1}};
  const RandomForest forest = fit(axes, sample, {.trees = 40, .bootstrap = false});

  EXPECT_EQ(forest.predict(std::vector<double>{0.1}).variance, 0);
  EXPECT_GT(forest.predict(std::vector<double>{0.9}).variance, 0.1);
}

TEST(RandomForestTest, IsLessSureBetweenPointsThanAtThem) {
  const Sample sample{{0.1, 0.1, 0.9, 0.9}, {0, 1}};
  const RandomForest forest = fit(kTwoNumbers, sample, {.trees = 50, .bootstrap = false});

  EXPECT_EQ(forest.predict(std::vector<double>{0.1, 0.1}).variance, 0);
  EXPECT_GT(forest.predict(std::vector<double>{0.5, 0.5}).variance, 0.1);
}

TEST(RandomForestTest, OfZerosAndOnesTheMeanIsAProbability) {
  const auto is_right = [](const double* at) { return at[0] > 0.5 ? 1. : 0.; };
  const RandomForest forest = fit(kTwoNumbers, sample_of(100, 2, is_right));

  EXPECT_LT(forest.predict(std::vector<double>{0.2, 0.5}).mean, 0.1);
  EXPECT_GT(forest.predict(std::vector<double>{0.8, 0.5}).mean, 0.9);
  const double unsure = forest.predict(std::vector<double>{0.5, 0.5}).mean;
  EXPECT_GE(unsure, 0);
  EXPECT_LE(unsure, 1);
}

TEST(RandomForestTest, NoLeafHasFewerPointsThanAskedFor) {
  const Sample sample{{0.1, 0.5, 0.2, 0.5, 0.3, 0.5, 0.9, 0.5}, {0, 0, 0, 4}};
  const RandomForest forest = fit(kTwoNumbers, sample, {.trees = 5, .min_leaf = 2, .bootstrap = false});

  EXPECT_EQ(forest.predict(std::vector<double>{0.95, 0.5}).mean, 2);
  EXPECT_EQ(forest.predict(std::vector<double>{0.95, 0.5}).variance, 4);
}

TEST(RandomForestTest, WhatCannotBeSplitHasOneMean) {
  const RandomForest one = fit(kTwoNumbers, {{0.5, 0.5}, {7}});
  const RandomForest equal = fit(kTwoNumbers, {{0.1, 0.5, 0.9, 0.5}, {7, 7}});
  const RandomForest twice = fit(kTwoNumbers, {{0.5, 0.5, 0.5, 0.5}, {6, 8}}, {.bootstrap = false});
  const RandomForest no_axis = fit({}, {{}, {6, 8}}, {.bootstrap = false});

  EXPECT_EQ(one.predict(std::vector<double>{0, 1}).mean, 7);
  EXPECT_EQ(equal.predict(std::vector<double>{0, 1}).variance, 0);
  EXPECT_EQ(twice.predict(std::vector<double>{0, 1}).mean, 7);
  EXPECT_EQ(twice.predict(std::vector<double>{0, 1}).variance, 1);
  EXPECT_EQ(no_axis.predict({}).mean, 7);
}

TEST(RandomForestTest, EqualStreamsGrowEqualForests) {
  const Sample sample = sample_of(50, 2, [](const double* at) { return std::sin(9 * at[0]) + at[1]; });
  const RandomForest a = fit(kTwoNumbers, sample);
  const RandomForest b = fit(kTwoNumbers, sample);

  const std::vector<RandomForest::Prediction> all = b.predict_all(sample.points);
  ASSERT_EQ(all.size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    const std::span<const double> point = std::span(sample.points).subspan(2 * i, 2);
    EXPECT_EQ(a.predict(point).mean, all[i].mean);
    EXPECT_EQ(a.predict(point).variance, all[i].variance);
  }
}

TEST(RandomForestTest, AChoiceMayHaveMoreLevelsThanBits) {
  const std::vector<Axis> axes{{"c", AxisKind::kChoice, 100}};
  const RandomForest forest = fit(axes, sample_of(200, 1, [](const double* at) { return at[0] < 0.1 ? 1. : 0.; }));

  EXPECT_GT(forest.predict(std::vector<double>{0.05}).mean, 0.8);
  EXPECT_LT(forest.predict(std::vector<double>{0.995}).mean, 0.2);
}

}  // namespace
}  // namespace manta::random_forest_test
