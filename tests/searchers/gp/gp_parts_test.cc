// SPDX-License-Identifier: Apache-2.0
// The parts around the Gaussian process: acquisition, warping of losses, minimisation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "searchers/gp/acquisition.h"
#include "searchers/gp/minimize.h"
#include "searchers/gp/output_warp.h"

namespace manta::gp::gp_parts_test {
namespace {

// The integral of max(0, best - y) over the normal density.
double improvement_by_integral(double mean, double deviation, double best) {
  constexpr int kSteps = 200'000;
  const double low = std::min(best, mean) - 12 * deviation;
  const double width = (best - low) / kSteps;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double y = low + (i + 0.5) * width;
    const double z = (y - mean) / deviation;
    sum += (best - y) * std::exp(-0.5 * z * z) * width;
  }
  return sum / (deviation * std::sqrt(2 * 3.14159265358979323846));
}

TEST(LogExpectedImprovementTest, ItIsTheLogarithmOfTheIntegral) {
  for (const double mean : {-1.0, 0.0, 1.1, 4.0, 6.0}) {
    EXPECT_NEAR(log_expected_improvement(mean, 0.8, 0.1).value, std::log(improvement_by_integral(mean, 0.8, 0.1)), 1e-6)
        << mean;
  }
}

TEST(LogExpectedImprovementTest, FarOutItIsFiniteAndStillOrders) {
  double last = 0;
  for (const double mean : {10.0, 100.0, 1e4, 1e6}) {
    const LogImprovement improvement = log_expected_improvement(mean, 1, 0);
    EXPECT_TRUE(std::isfinite(improvement.value));
    EXPECT_LT(improvement.value, last);
    EXPECT_LT(improvement.by_mean, 0);
    EXPECT_GT(improvement.by_deviation, 0);
    last = improvement.value;
  }
}

TEST(LogExpectedImprovementTest, ItsDerivativesAreThoseOfDifferences) {
  constexpr double kStep = 1e-6;
  for (const double mean : {-2.0, 0.3, 5.99, 6.01, 20.0}) {
    const LogImprovement here = log_expected_improvement(mean, 1, 0);
    const double by_mean =
        (log_expected_improvement(mean + kStep, 1, 0).value - log_expected_improvement(mean - kStep, 1, 0).value) /
        (2 * kStep);
    const double by_deviation =
        (log_expected_improvement(mean, 1 + kStep, 0).value - log_expected_improvement(mean, 1 - kStep, 0).value) /
        (2 * kStep);
    EXPECT_NEAR(here.by_mean, by_mean, 1e-5 * (1 + std::abs(by_mean))) << mean;
    EXPECT_NEAR(here.by_deviation, by_deviation, 1e-5 * (1 + std::abs(by_deviation))) << mean;
  }
}

TEST(WarpLossesTest, TheOrderStaysAndTheScaleDoesNot) {
  RandomStream random(1, 1);
  std::vector<double> losses;
  for (int i = 0; i < 50; ++i) losses.push_back(std::exp(3 * random.normal()));
  std::vector<double> scaled = losses;
  for (double& loss : scaled) loss = 1e6 * loss - 5e3;

  const std::vector<double> warped = warp_losses(losses);
  const std::vector<double> again = warp_losses(scaled);

  double mean = 0;
  double square = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(warped[i], again[i], 1e-6);
    mean += warped[i] / 50;
    square += warped[i] * warped[i] / 50;
    for (std::size_t j = 0; j < losses.size(); ++j) {
      if (losses[i] < losses[j]) {
        EXPECT_LE(warped[i], warped[j]);
      }
    }
  }
  EXPECT_NEAR(mean, 0, 1e-9);
  EXPECT_NEAR(square, 1, 1e-9);
}

TEST(WarpLossesTest, OneDivergedTrialDoesNotHideTheOthers) {
  const std::vector<double> warped = warp_losses(std::vector<double>{1, 2, 3, 4, 1e300});

  EXPECT_GT(warped[3] - warped[0], 1);
}

TEST(WarpLossesTest, WhatALossChangesWithItsValueIsTheInverseSlope) {
  RandomStream random(2, 1);
  std::vector<double> losses;
  for (int i = 0; i < 30; ++i) losses.push_back(40 + std::exp(2 * random.normal()));
  const OutputWarp warp(losses);
  const double best = *std::ranges::min_element(losses);
  constexpr double kStep = 1e-5;

  const double slope = (warp.value_of(best + kStep) - warp.value_of(best - kStep)) / (2 * kStep);

  EXPECT_NEAR(warp.loss_per_value(best) * slope, 1, 1e-4);
  EXPECT_EQ(OutputWarp(std::vector<double>{7, 7, 7}).loss_per_value(7), 0);
}

TEST(WarpLossesTest, DegenerateLossesAreZeros) {
  EXPECT_EQ(warp_losses(std::vector<double>{}), std::vector<double>{});
  EXPECT_EQ(warp_losses(std::vector<double>{3}), std::vector<double>{0});
  EXPECT_EQ(warp_losses(std::vector<double>{7, 7, 7}), (std::vector<double>{0, 0, 0}));
  for (const double value : warp_losses(std::vector<double>{-1e308, 1e308, 0})) EXPECT_TRUE(std::isfinite(value));
}

double rosenbrock(const std::vector<double>& at, std::vector<double>& gradient) {
  const double a = 1 - at[0];
  const double b = at[1] - at[0] * at[0];
  gradient = {-2 * a - 400 * at[0] * b, 200 * b};
  return a * a + 100 * b * b;
}

TEST(MinimizeTest, ItFindsTheBottomOfAValley) {
  const Minimum minimum = minimize(rosenbrock, {-1.2, 1}, {-5, -5}, {5, 5}, {200});

  EXPECT_NEAR(minimum.at[0], 1, 1e-2);
  EXPECT_NEAR(minimum.at[1], 1, 2e-2);
}

TEST(MinimizeTest, ItStaysWithinItsBounds) {
  const Minimum minimum = minimize(rosenbrock, {-1.2, 1}, {-2, -2}, {0.5, 2}, {200});

  EXPECT_NEAR(minimum.at[0], 0.5, 1e-3);
  EXPECT_NEAR(minimum.at[1], 0.25, 1e-2);
}

TEST(MinimizeTest, ItUsesNoMoreEvaluationsThanItMay) {
  int calls = 0;
  minimize(
      [&](const std::vector<double>& at, std::vector<double>& gradient) {
        ++calls;
        return rosenbrock(at, gradient);
      },
      {-1.2, 1}, {-5, -5}, {5, 5}, {7});

  EXPECT_LE(calls, 7);
}

TEST(MinimizeTest, PlacesThatAreNoNumberAreKeptAwayFrom) {
  const Minimum minimum = minimize(
      [](const std::vector<double>& at, std::vector<double>& gradient) {
        gradient = {1 - 1 / at[0]};
        return at[0] > 0.5 ? at[0] - std::log(at[0]) : std::nan("");
      },
      {3}, {-1}, {4}, {50});

  EXPECT_NEAR(minimum.at[0], 1, 1e-2);
}

}  // namespace
}  // namespace manta::gp::gp_parts_test
