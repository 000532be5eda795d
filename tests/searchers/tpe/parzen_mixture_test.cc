// SPDX-License-Identifier: Apache-2.0
#include "searchers/tpe/parzen_mixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace manta::internal::parzen_mixture_test {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

const std::vector<Axis> kNumber{{"x", AxisKind::kContinuous, 0}};
const std::vector<Axis> kLevels{{"n", AxisKind::kInteger, 5}};
const std::vector<Axis> kChoice{{"c", AxisKind::kChoice, 4}};

ParzenMixture::Width width(double number, double uniform = 1) { return {{number}, 0.4, uniform}; }

double density(const ParzenMixture& mixture, double u) {
  return std::exp(mixture.log_densities(std::vector<double>{u})[0]);
}

TEST(ParzenMixtureTest, WithoutPointsItIsUniform) {
  const ParzenMixture mixture(kNumber, {}, width(0.1));

  EXPECT_NEAR(density(mixture, 0.1), 1, 1e-6);
  EXPECT_NEAR(density(mixture, 0.9), 1, 1e-6);
}

TEST(ParzenMixtureTest, ANumbersDensityHasMassOneAlsoAtTheEdge) {
  for (const double centre : {0., 0.02, 0.5, 1.}) {
    const ParzenMixture mixture(kNumber, std::vector<double>{centre}, width(0.1, 0.5));
    double mass = 0;
    for (int i = 0; i < 1000; ++i) mass += density(mixture, (i + 0.5) / 1000) / 1000;
    EXPECT_NEAR(mass, 1, 1e-3) << centre;
  }
}

TEST(ParzenMixtureTest, OverLevelsTheMeanDensityIsOne) {
  for (const std::vector<Axis>& axes : {kLevels, kChoice}) {
    const double levels = static_cast<double>(axes[0].levels);
    const ParzenMixture mixture(axes, std::vector<double>{0.1, 0.1, 0.9}, width(0.2));
    double mean = 0;
    for (double level = 0; level < levels; ++level) mean += density(mixture, (level + 0.5) / levels) / levels;
    EXPECT_NEAR(mean, 1, 1e-5);
  }
}

TEST(ParzenMixtureTest, NeighboursOnAnOrderedAxisShareAndOnAChoiceTheyDoNot) {
  const ParzenMixture ordered(kLevels, std::vector<double>{0.1}, width(0.2));
  const ParzenMixture choice(kChoice, std::vector<double>{0.125}, width(0.2));

  EXPECT_GT(density(ordered, 0.1), density(ordered, 0.3));
  EXPECT_GT(density(ordered, 0.3), density(ordered, 0.9));
  EXPECT_GT(density(choice, 0.125), density(choice, 0.375));
  EXPECT_FLOAT_EQ(static_cast<float>(density(choice, 0.375)), static_cast<float>(density(choice, 0.875)));
}

TEST(ParzenMixtureTest, AMissingCoordinateSaysNothing) {
  for (const std::vector<Axis>& axes : {kNumber, kLevels}) {
    const ParzenMixture mixture(axes, std::vector<double>{kMissing, kMissing}, width(0.1));
    EXPECT_NEAR(density(mixture, 0.1), 1, 1e-5);
    RandomStream random(1, 2);
    double u = 0;
    double sum = 0;
    for (int i = 0; i < 500; ++i) {
      mixture.draw(random, std::span(&u, 1));
      sum += u / 500;
    }
    EXPECT_NEAR(sum, 0.5, 0.05);
  }
}

TEST(ParzenMixtureTest, DrawsFollowTheDensity) {
  const ParzenMixture number(kNumber, std::vector<double>{0.2}, width(0.05, 1e-9));
  const ParzenMixture choice(kChoice, std::vector<double>{0.125}, width(0.05, 1e-9));
  RandomStream random(1, 2);
  double u = 0;
  double mean = 0;
  double own = 0;
  for (int i = 0; i < 1000; ++i) {
    number.draw(random, std::span(&u, 1));
    mean += u / 1000;
    choice.draw(random, std::span(&u, 1));
    own += u == 0.125 ? 1e-3 : 0;
  }

  EXPECT_NEAR(mean, 0.2, 0.01);
  EXPECT_NEAR(own, 0.7, 0.05);
}

TEST(ParzenMixtureTest, FarFromAllPointsTheUniformPartIsLeft) {
  const ParzenMixture mixture(kNumber, std::vector<double>{0., 0., 0.}, width(1e-3));

  EXPECT_NEAR(density(mixture, 1), 0.25, 1e-6);
}

}  // namespace
}  // namespace manta::internal::parzen_mixture_test
