// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/curve_process.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace manta::curve_process_test {
namespace {

using curves::CurveProcess;
using curves::CurveValue;
using gp::PointSet;
using gp::Prediction;

// Curves over one axis that end at 2 x - 1 and are half as far from 0 at their beginning.
double value_at(double x, double time) { return (2 * x - 1) * (0.5 + 0.5 * time); }

class CurveProcessTest : public ::testing::Test {
 protected:
  CurveProcessTest() {
    for (int i = 0; i < 9; ++i) {
      const double x = (i + 0.5) / 9;
      points_.add(std::vector{x});
      // Every third comes to its end.
      for (const double time : {0.0, 0.3, 0.6, 1.0}) {
        if (time <= 0.3 || i % 3 == 0) values_.push_back({static_cast<std::size_t>(i), time, value_at(x, time)});
      }
    }
  }

  PointSet points_{1};
  std::vector<CurveValue> values_;
  CurveProcess process_{{gp::AxisKind::kNumber}};
};

TEST_F(CurveProcessTest, SaysHowPartialCurvesEnd) {
  process_.tune(points_, values_, 60);
  process_.condition(points_, values_);

  const std::vector<Prediction> ends = process_.at_end();

  ASSERT_EQ(ends.size(), 9u);
  for (std::size_t i = 0; i < 9; ++i) {
    const double end = value_at((static_cast<double>(i) + 0.5) / 9, 1);
    EXPECT_NEAR(ends[i].mean, end, 0.15) << i;
    EXPECT_LT(std::abs(ends[i].mean - end), 3 * std::sqrt(ends[i].variance) + 0.02) << i;
  }
}

TEST_F(CurveProcessTest, ACurveThatEndedIsSurerThanOneThatBegan) {
  process_.condition(points_, values_);

  const std::vector<Prediction> ends = process_.at_end();
  PointSet others(1);
  others.add(std::vector{0.5});
  const Prediction fresh = process_.at_end(others).front();

  EXPECT_LT(ends[3].variance, ends[4].variance);
  EXPECT_LT(ends[4].variance, fresh.variance);
}

TEST_F(CurveProcessTest, HowACurveGoesOnSaysHowItsNeighbourEnds) {
  process_.tune(points_, values_, 60);
  process_.condition(points_, values_);
  PointSet others(1);
  for (const double x : {0.1, 0.9}) others.add(std::vector{x});

  const std::vector<Prediction> ends = process_.at_end(others);

  EXPECT_NEAR(ends[0].mean, value_at(0.1, 1), 0.25);
  EXPECT_NEAR(ends[1].mean, value_at(0.9, 1), 0.25);
}

TEST_F(CurveProcessTest, WithoutValuesItBelievesWhatItBelievedBefore) {
  process_.condition(points_, {});

  for (const Prediction& end : process_.at_end()) {
    EXPECT_EQ(end.mean, 0);
    EXPECT_NEAR(end.variance, process_.hyperparameters().common + process_.hyperparameters().own +
                                  process_.hyperparameters().points.signal(), 1e-12);
  }
}

TEST_F(CurveProcessTest, AFitIsUphill) {
  // What was drawn from a process whose curves have much to themselves is explained by such a one.
  std::vector<CurveValue> values;
  PointSet points(1);
  RandomStream random(1, 1);
  for (std::size_t i = 0; i < 25; ++i) {
    points.add(std::vector{random.uniform()});
    const double own = random.normal();
    for (const double time : {0.0, 0.4, 0.8}) values.push_back({i, time, own + 0.05 * random.normal()});
  }
  const double before = process_.hyperparameters().own;

  process_.tune(points, values, 60);

  EXPECT_GT(process_.hyperparameters().own, 3 * before);
}

TEST_F(CurveProcessTest, CurvesThatAreTheSameBreakNothing) {
  PointSet points(1);
  std::vector<CurveValue> values;
  for (std::size_t i = 0; i < 6; ++i) {
    points.add(std::vector{0.5});
    for (int k = 0; k < 3; ++k) values.push_back({i, 0.5, 1.0});
  }

  process_.tune(points, values, 40);
  process_.condition(points, values);

  for (const Prediction& end : process_.at_end()) {
    EXPECT_TRUE(std::isfinite(end.mean));
    EXPECT_GT(end.variance, 0);
  }
}

}  // namespace
}  // namespace manta::curve_process_test
