// SPDX-License-Identifier: Apache-2.0
#include "searchers/curves/curve_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "searchers/curves/promising_point.h"
#include "tune/space/space.h"

namespace manta::curve_model_test {
namespace {

using curves::CurveModel;

class CurveModelTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kHorizon = 27;

  // Falls to (x - 0.3)^2.
  static double loss_at(double x, std::int64_t iteration) {
    return (x - 0.3) * (x - 0.3) + 0.5 * std::exp(-0.3 * static_cast<double>(iteration));
  }

  // Twelve trials, every fourth to its end, the others for three iterations.
  static void tell(CurveModel& model) {
    for (std::int64_t trial = 0; trial < 12; ++trial) {
      const double x = (static_cast<double>(trial) + 0.5) / 12;
      for (std::int64_t i = 1; i <= (trial % 4 == 0 ? kHorizon : 3); ++i)
        model.report(trial, std::vector{x}, {i, loss_at(x, i)});
    }
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
  CurveModel model_{cube_, kHorizon};
};

TEST_F(CurveModelTest, IsReadyOnceSomeTrialsHaveReported) {
  for (std::int64_t trial = 0; trial < 3; ++trial) model_.report(trial, std::vector{0.5}, {1, 1.0});
  EXPECT_FALSE(model_.is_ready());

  model_.report(3, std::vector{0.5}, {1, 1.0});

  EXPECT_TRUE(model_.is_ready());
}

TEST_F(CurveModelTest, WhatIsNearTheBestIsExpectedToEndBetter) {
  tell(model_);
  model_.learn();

  const double near = model_.at_end(3).value().mean;
  const double far = model_.at_end(11).value().mean;

  EXPECT_LT(near, far);
  EXPECT_GT(model_.promise_of(*model_.at_end(3)).log_gain, model_.promise_of(*model_.at_end(11)).log_gain);
}

TEST_F(CurveModelTest, OfATrialThatHasNotReportedItSaysNothing) {
  tell(model_);
  model_.learn();

  EXPECT_EQ(model_.at_end(99), std::nullopt);
}

TEST_F(CurveModelTest, WhatIsExpectedPromisesLess) {
  tell(model_);
  model_.learn();
  const UnitCube::Point point{0.34};
  const double before = model_.at_end({point}).front().variance;

  model_.expect({point});

  EXPECT_LT(model_.at_end({point}).front().variance, before);
}

TEST_F(CurveModelTest, ThePromisingPointIsWhereCurvesEndLow) {
  tell(model_);
  model_.learn();
  RandomStream random(1, 1);

  const auto found = curves::promising_point(model_, cube_, [](std::span<const double>) { return 0.0; }, random);

  EXPECT_NEAR(found.point[0], 0.3, 0.1);
}

TEST_F(CurveModelTest, OneThatDivergedHidesNothing) {
  model_.report(50, std::vector{0.9}, {1, 1e250});
  tell(model_);
  model_.learn();

  EXPECT_LT(model_.at_end(3).value().mean, model_.at_end(11).value().mean);
}

TEST_F(CurveModelTest, ACopyExpectsTheSame) {
  tell(model_);
  model_.learn();
  CurveModel copy(cube_, kHorizon);

  ASSERT_TRUE(copy.load(model_.save()).has_value());
  copy.learn();

  EXPECT_EQ(copy.at_end(5)->mean, model_.at_end(5)->mean);
  EXPECT_EQ(copy.at_end(5)->variance, model_.at_end(5)->variance);
  EXPECT_EQ(copy.save(), model_.save());
}

TEST_F(CurveModelTest, LearnsFromABoundedNumberOfReports) {
  for (std::int64_t trial = 0; trial < 400; ++trial) {
    for (std::int64_t i = 1; i <= 4; ++i)
      model_.report(trial, std::vector{static_cast<double>(trial) / 400}, {i, static_cast<double>(trial)});
  }
  model_.learn();

  EXPECT_TRUE(model_.at_end(0).has_value()) << "the best";
  EXPECT_TRUE(model_.at_end(399).has_value()) << "the newest";
  EXPECT_FALSE(model_.at_end(200).has_value());
}

TEST_F(CurveModelTest, ASpaceOfOneConfigurationIsNoHindrance) {
  const UnitCube cube(parse_space(R"({"a": 1})").value());
  CurveModel model(cube, kHorizon);
  for (std::int64_t trial = 0; trial < 6; ++trial) model.report(trial, {}, {1, static_cast<double>(trial)});

  model.learn();

  EXPECT_LT(model.at_end(0)->mean, model.at_end(5)->mean);
}

TEST_F(CurveModelTest, DamagedSnapshotsAreRefused) {
  for (const char* json : {"", "{}", "[]", R"({"fitted":0,"curves":{},"weights":[1],"others":[1],"growth":0})"})
    EXPECT_FALSE(model_.load(json).has_value()) << json;
}

}  // namespace
}  // namespace manta::curve_model_test
