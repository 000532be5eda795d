// SPDX-License-Identifier: Apache-2.0
#include "searchers/cma_es/cma_es.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace manta::internal::cma_es_test {
namespace {

using Function = std::function<double(const Eigen::VectorXd&)>;

// The best value of `generations` generations.
double minimize(CmaEs& strategy, int generations, const Function& function) {
  double best = INFINITY;
  const Eigen::VectorXd least = Eigen::VectorXd::Zero(5);
  for (int generation = 0; generation < generations; ++generation) {
    RandomStream random(1, static_cast<std::uint64_t>(strategy.generation()));
    std::vector<Eigen::VectorXd> points;
    for (int i = 0; i < strategy.population(); ++i) points.push_back(strategy.draw(random, least));
    std::ranges::sort(points, {}, function);
    best = std::min(best, function(points.front()));
    strategy.learn(points);
  }
  return best;
}

double sphere(const Eigen::VectorXd& x) { return (x.array() - 0.3).square().sum(); }

// Ten thousand times as steep along one axis as along another, and turned.
double ellipsoid(const Eigen::VectorXd& x) {
  double sum = 0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const double turned = x[i] + (i > 0 ? x[i - 1] : 0) - 0.5;
    sum += std::pow(10, static_cast<double>(i)) * turned * turned;
  }
  return sum;
}

TEST(CmaEsTest, ConvergesOnASphereAsTheTutorialSays) {
  CmaEs strategy({.mean = std::vector<double>(5, 0.8)});

  EXPECT_EQ(strategy.population(), 8);
  EXPECT_LT(minimize(strategy, 150, sphere), 1e-10);
}

TEST(CmaEsTest, LearnsTheShapeOfATurnedEllipsoid) {
  CmaEs strategy({.mean = std::vector<double>(5, 0.8)});

  EXPECT_LT(minimize(strategy, 250, ellipsoid), 1e-8);
  EXPECT_GT(strategy.condition(), 100);
}

TEST(CmaEsTest, NoCoordinateVariesLessThanAskedFor) {
  CmaEs strategy({.mean = std::vector<double>(2, 0.5), .deviation = 1e-6});
  RandomStream random(1, 2);
  double squares = 0;
  for (int i = 0; i < 1000; ++i) {
    const Eigen::VectorXd point = strategy.draw(random, Eigen::Vector2d(0.1, 0));
    squares += (point[0] - 0.5) * (point[0] - 0.5) / 1000;
    EXPECT_NEAR(point[1], 0.5, 1e-4);
  }

  EXPECT_NEAR(std::sqrt(squares), 0.1, 0.01);
}

TEST(CmaEsTest, ACopyFromItsNumbersGoesOnTheSame) {
  CmaEs strategy({.mean = std::vector<double>(5, 0.8)});
  minimize(strategy, 10, sphere);

  std::optional<CmaEs> copy = CmaEs::from(strategy.numbers());

  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(minimize(*copy, 10, sphere), minimize(strategy, 10, sphere));
}

TEST(CmaEsTest, OtherNumbersAreRefused) {
  std::vector<double> numbers = CmaEs({.mean = {0.5, 0.5}}).numbers();
  numbers.pop_back();

  EXPECT_FALSE(CmaEs::from(numbers).has_value());
  EXPECT_FALSE(CmaEs::from({}).has_value());
  EXPECT_FALSE(CmaEs::from(std::vector<double>{-1, 4, 0, 1}).has_value());
}

}  // namespace
}  // namespace manta::internal::cma_es_test
