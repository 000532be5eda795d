// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/hypervolume_improvement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"
#include "searchers/gp/goal_values.h"
#include "searchers/pareto/hypervolume.h"

namespace manta::gp::hypervolume_improvement_test {
namespace {

// Processes over two numbers, of waves with other phases, that know the same five points.
class HypervolumeImprovementTest : public ::testing::Test {
 protected:
  HypervolumeImprovementTest() {
    PointSet points(2);
    for (const auto& [a, b] : {std::pair{0.1, 0.2}, {0.8, 0.3}, {0.4, 0.9}, {0.6, 0.5}, {0.95, 0.9}})
      points.add(std::vector<double>{a, b});
    for (int i = 0; i < 4; ++i) {
      std::vector<double> values;
      for (std::size_t k = 0; k < points.size(); ++k)
        values.push_back(std::sin(5 * points.point(k)[0] + 3 * points.point(k)[1] + 2 * i));
      processes_.emplace_back(std::vector<AxisKind>(2, AxisKind::kNumber)).condition(points, values);
    }
  }

  HypervolumeImprovement improvement(std::size_t objectives, std::vector<Limit> limits = {}) const {
    return improvement_over(front(objectives), std::move(limits));
  }

  HypervolumeImprovement improvement_over(const LossTable& front, std::vector<Limit> limits = {}) const {
    std::vector<const GaussianProcess*> some;
    for (std::size_t i = 0; i < front.objectives(); ++i) some.push_back(&processes_[i]);
    return {some, undominated_boxes(front, std::vector<double>(front.objectives(), 1.2)), std::move(limits)};
  }

  // One that is easily bettered.
  static LossTable weak_front(std::size_t objectives) {
    LossTable table(objectives);
    for (std::size_t k = 0; k < 2; ++k) {
      std::vector<double> losses;
      for (std::size_t i = 0; i < objectives; ++i) losses.push_back(0.4 + 0.5 * static_cast<double>((i + k) % 2));
      table.add(losses);
    }
    return table;
  }

  LossTable front(std::size_t objectives) const {
    LossTable table(objectives);
    for (std::size_t k = 0; k < 5; ++k) {
      std::vector<double> losses;
      for (std::size_t i = 0; i < objectives; ++i) losses.push_back(processes_[i].means()[k]);
      table.add(losses);
    }
    return table;
  }

  struct Growth {
    double mean = 0;
    double error = 0;
  };

  // Of the hypervolume of weak_front(), over draws of what may come out at `point`.
  Growth growth_by_drawing(std::size_t objectives, const std::vector<double>& point) const {
    const std::vector<double> reference(objectives, 1.2);
    const double before = hypervolume(weak_front(objectives), reference);
    RandomStream random(1, objectives);
    double sum = 0;
    double squares = 0;
    constexpr int kDraws = 5000;
    for (int k = 0; k < kDraws; ++k) {
      LossTable table = weak_front(objectives);
      std::vector<double> losses;
      for (std::size_t i = 0; i < objectives; ++i) {
        const Prediction prediction = processes_[i].predict(point);
        losses.push_back(prediction.mean + std::sqrt(prediction.variance) * random.normal());
      }
      table.add(losses);
      const double growth = hypervolume(table, reference) - before;
      sum += growth;
      squares += growth * growth;
    }
    return {sum / kDraws, std::sqrt(squares) / kDraws};
  }

  std::vector<GaussianProcess> processes_;
};

TEST_F(HypervolumeImprovementTest, IsTheMeanGrowthOfTheHypervolume) {
  int compared = 0;
  for (int i = 0; i < 25; ++i) {
    const std::vector<double> point{0.1 + 0.2 * (i % 5), 0.1 + 0.2 * (i / 5)};
    for (std::size_t objectives = 1; objectives <= 3; ++objectives) {
      const double expected = std::exp(improvement_over(weak_front(objectives)).log(point));
      if (expected < 5e-3) continue;  // Too rare for so few draws.
      ++compared;
      const Growth drawn = growth_by_drawing(objectives, point);
      EXPECT_NEAR(expected, drawn.mean, 5 * drawn.error) << objectives;
    }
  }
  EXPECT_GE(compared, 5);
}

TEST_F(HypervolumeImprovementTest, OfOneObjectiveIsExpectedImprovement) {
  const ExpectedImprovement single(processes_[0], processes_[0].least_mean());
  const HypervolumeImprovement same = improvement(1);
  for (const double x : {0.05, 0.5, 0.81}) EXPECT_NEAR(same.log(std::vector{x, 0.4}), single.log(std::vector{x, 0.4}), 1e-9);
}

TEST_F(HypervolumeImprovementTest, ItsSlopeIsThatOfItsValue) {
  constexpr double kStep = 1e-6;
  for (std::size_t objectives = 1; objectives <= 4; ++objectives) {
    const std::vector<Limit> limits{{&processes_[3], -0.2}};
    const HypervolumeImprovement function = improvement(objectives, limits);
    std::vector<double> at{0.33, 0.71};
    std::vector<double> slope(2, 7);
    EXPECT_NEAR(function.log(at, slope), function.log(at), 1e-12);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      std::vector<double> above = at;
      std::vector<double> below = at;
      above[axis] += kStep;
      below[axis] -= kStep;
      EXPECT_NEAR(slope[axis], (function.log(above) - function.log(below)) / (2 * kStep), 1e-4) << objectives;
    }
  }
}

TEST_F(HypervolumeImprovementTest, ManyPointsAtOnceAreAsOneByOne) {
  const HypervolumeImprovement function = improvement(2, {{&processes_[2], 0.1}});
  PointSet points(2);
  for (int i = 0; i < 7; ++i) points.add(std::vector<double>{i / 7., 1 - i / 9.});

  const std::vector<double> logs = function.logs(points);

  for (std::size_t i = 0; i < logs.size(); ++i) EXPECT_NEAR(logs[i], function.log(points.point(i)), 1e-9);
}

TEST_F(HypervolumeImprovementTest, IsFiniteHoweverSmall) {
  LossTable far(2);
  far.add(std::vector<double>{-1e6, -1e6});
  far.add(std::vector<double>{-1e6 - 1, -1e6 + 1});
  const HypervolumeImprovement function({&processes_[0], &processes_[1]},
                                        undominated_boxes(far, std::vector<double>{-1e5, -1e5}),
                                        {{&processes_[2], -1e5}});
  std::vector<double> slope(2);

  EXPECT_TRUE(std::isfinite(function.log(std::vector<double>{0.1, 0.2}, slope)));
  for (const double each : slope) EXPECT_TRUE(std::isfinite(each));
}

TEST(GoalValuesTest, AMarginIsBelowTheLimitWhereItIsKept) {
  const MarginValues of = margin_values(std::vector<double>{-1e300, -3, -0.5, 1e-308, 2, 1e300});

  for (std::size_t i = 0; i < 3; ++i) EXPECT_LT(of.values[i], of.limit);
  for (std::size_t i = 4; i < 6; ++i) EXPECT_GT(of.values[i], of.limit);
  EXPECT_NEAR(of.values[3], of.limit, 1e-9);
  for (const double value : of.values) EXPECT_LT(std::abs(value), 10);
  const MarginValues equal = margin_values(std::vector<double>(5, -2));
  EXPECT_LT(equal.values[0], equal.limit);
}

TEST(GoalValuesTest, WhatIsWorseInAllLossesIsWorseInTheirWeightedWorst) {
  LossTable table(6);
  for (int i = 0; i < 10; ++i) table.add(std::vector<double>(6, i));
  RandomStream random(1, 1);

  const std::vector<double> values = scalarised_values(table, random);

  for (std::size_t i = 1; i < values.size(); ++i) EXPECT_LT(values[i - 1], values[i]);
}

}  // namespace
}  // namespace manta::gp::hypervolume_improvement_test
