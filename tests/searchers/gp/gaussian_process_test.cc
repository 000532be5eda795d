// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/gaussian_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace manta::gp::gaussian_process_test {
namespace {

const std::vector<AxisKind> kMixed{AxisKind::kNumber, AxisKind::kNumber, AxisKind::kChoice};

std::vector<double> random_point(RandomStream& random) {
  return {random.uniform(), random.uniform(), (std::floor(random.uniform() * 3) + 0.5) / 3};
}

double truth(const std::vector<double>& point) {
  return std::sin(6 * point[0]) + point[1] * point[1] + (point[2] > 0.5 ? 0.8 : 0);
}

struct Data {
  PointSet points{3};
  std::vector<double> values;
};

Data some_data(std::size_t n, std::uint64_t seed = 1) {
  RandomStream random(seed, 7);
  Data data;
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<double> point = random_point(random);
    data.points.add(point);
    data.values.push_back(truth(point) - 0.6);
  }
  return data;
}

double kernel(const Hyperparameters& parameters, const std::vector<double>& a, const std::vector<double>& b) {
  PointSet one(a.size());
  one.add(b);
  double value = 0;
  kernel_row(parameters, kMixed, a, one, {0, 1}, &value);
  return value;
}

TEST(KernelTest, ItIsWhatItsFormulaSays) {
  const Hyperparameters parameters{.weights = {2, 5, 0.7}, .joint = 1.3, .additive = 0.4, .reach = 3, .noise = 0.1};
  const std::vector<double> a{0.2, 0.9, 0.5};
  const std::vector<double> b{0.5, 0.1, 1.0 / 6};
  const double u[3] = {0.09, 0.64, 1};
  double s = 0;
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    s += parameters.weights[static_cast<std::size_t>(i)] * u[i];
    sum += 1 / (1 + 3 * parameters.weights[static_cast<std::size_t>(i)] * u[i]);
  }
  const double r = std::sqrt(5 * s);

  EXPECT_NEAR(kernel(parameters, a, b), 1.3 * (1 + r + r * r / 3) * std::exp(-r) + 0.4 / 3 * sum, 1e-12);
  EXPECT_NEAR(kernel(parameters, a, a), parameters.signal(), 1e-12);
}

TEST(GaussianProcessTest, ItGoesThroughWhatItWasTold) {
  const Data data = some_data(40);
  GaussianProcess process(kMixed);
  process.fit(data.points, data.values, 60);

  for (std::size_t i = 0; i < data.values.size(); ++i) {
    const Prediction prediction = process.predict(data.points.point(i));
    EXPECT_NEAR(prediction.mean, data.values[i], 0.05);
    EXPECT_LT(prediction.variance, 0.01);
    EXPECT_GE(prediction.mean, process.least_mean() - 1e-6);
  }
}

TEST(GaussianProcessTest, AFitPredictsWhatItWasNotTold) {
  const Data data = some_data(60);
  const Data other = some_data(50, 2);
  GaussianProcess process(kMixed);
  process.condition(data.points, data.values);
  const double before = process.leave_one_out();
  process.fit(data.points, data.values, 60);

  double error = 0;
  for (std::size_t i = 0; i < other.values.size(); ++i) {
    error += std::pow(process.predict(other.points.point(i)).mean - other.values[i], 2) / 50;
  }
  EXPECT_LT(std::sqrt(error), 0.1);
  EXPECT_GT(process.leave_one_out(), before);
}

TEST(GaussianProcessTest, ManyPredictionsAreThoseOfEach) {
  const Data data = some_data(30);
  GaussianProcess process(kMixed);
  process.fit(data.points, data.values, 20);
  const Data other = some_data(600, 3);

  const std::vector<Prediction> predictions = process.predict(other.points);

  ASSERT_EQ(predictions.size(), 600u);
  for (std::size_t i = 0; i < 600; i += 37) {
    EXPECT_NEAR(predictions[i].mean, process.predict(other.points.point(i)).mean, 1e-9);
    EXPECT_NEAR(predictions[i].variance, process.predict(other.points.point(i)).variance, 1e-9);
  }
}

TEST(GaussianProcessTest, SlopesAreThoseOfDifferences) {
  const Data data = some_data(30);
  GaussianProcess process(kMixed);
  process.fit(data.points, data.values, 20);
  RandomStream random(5, 5);
  for (int trial = 0; trial < 10; ++trial) {
    const std::vector<double> point = random_point(random);
    std::vector<double> by_mean(3);
    std::vector<double> by_variance(3);
    std::vector<double> solution;
    process.predict(point, solution);
    process.add_slope(point, solution, {.mean = 1, .variance = 0}, by_mean);
    process.add_slope(point, solution, {.mean = 0, .variance = 1}, by_variance);
    for (std::size_t i = 0; i < 2; ++i) {
      constexpr double kStep = 1e-5;
      std::vector<double> above = point;
      std::vector<double> below = point;
      above[i] += kStep;
      below[i] -= kStep;
      const Prediction high = process.predict(above);
      const Prediction low = process.predict(below);
      EXPECT_NEAR(by_mean[i], (high.mean - low.mean) / (2 * kStep), 1e-4 * (1 + std::abs(by_mean[i])));
      EXPECT_NEAR(by_variance[i], (high.variance - low.variance) / (2 * kStep), 1e-4 * (1 + std::abs(by_variance[i])));
    }
    EXPECT_EQ(by_mean[2], 0);
  }
}

TEST(GaussianProcessTest, BelievingLowersTheVarianceAndKeepsTheMean) {
  const Data data = some_data(20);
  GaussianProcess process(kMixed);
  process.fit(data.points, data.values, 20);
  PointSet pending(3);
  pending.add(std::vector<double>{0.31, 0.77, 0.5});
  const Prediction before = process.predict(pending.point(0));

  process.believe(pending);

  const Prediction after = process.predict(pending.point(0));
  EXPECT_NEAR(after.mean, before.mean, 1e-3);
  EXPECT_LT(after.variance, before.variance);
}

TEST(GaussianProcessTest, WhatIsBelievedIsForgottenWithTheNextObservation) {
  const Data data = some_data(21);
  GaussianProcess process(kMixed);
  PointSet points = data.points;
  points.truncate(20);
  process.condition(points, {data.values.begin(), data.values.begin() + 20});
  PointSet pending(3);
  pending.add(std::vector<double>{0.31, 0.77, 0.5});
  pending.add(std::vector<double>{0.9, 0.2, 0.5});
  process.believe(pending);

  process.add(data.points.point(20));
  process.observe(data.values);

  GaussianProcess other(kMixed);
  other.condition(points, {data.values.begin(), data.values.begin() + 20});
  other.add(data.points.point(20));
  other.observe(data.values);
  EXPECT_EQ(process.size(), 21u);
  EXPECT_EQ(process.predict(pending.point(0)).mean, other.predict(pending.point(0)).mean);
  EXPECT_EQ(process.predict(pending.point(0)).variance, other.predict(pending.point(0)).variance);
}

TEST(GaussianProcessTest, PointsOneByOneAreAsGoodAsAllAtOnce) {
  const Data data = some_data(70);
  GaussianProcess at_once(kMixed);
  at_once.condition(data.points, data.values);
  GaussianProcess grown(kMixed);
  for (std::size_t i = 0; i < 70; ++i) grown.add(data.points.point(i));
  grown.observe(data.values);
  RandomStream random(9, 1);

  for (int trial = 0; trial < 10; ++trial) {
    const std::vector<double> point = random_point(random);
    EXPECT_NEAR(grown.predict(point).mean, at_once.predict(point).mean, 1e-9);
    EXPECT_NEAR(grown.predict(point).variance, at_once.predict(point).variance, 1e-9);
  }
  EXPECT_NEAR(grown.least_mean(), at_once.least_mean(), 1e-9);
  EXPECT_NEAR(grown.leave_one_out(), at_once.leave_one_out(), 1e-9);
}

TEST(GaussianProcessTest, DegenerateDataBreakNothing) {
  for (const std::size_t n : {1u, 2u, 30u}) {
    GaussianProcess process(kMixed);
    PointSet points(3);
    for (std::size_t i = 0; i < n; ++i) points.add(std::vector<double>{0.5, 0.5, 0.5});
    process.fit(points, std::vector<double>(n, 0.0), 40);
    const Prediction prediction = process.predict(std::vector<double>{0.1, 0.9, 0.5});
    EXPECT_TRUE(std::isfinite(prediction.mean));
    EXPECT_GT(prediction.variance, 0);
  }
}

}  // namespace
}  // namespace manta::gp::gaussian_process_test
