// SPDX-License-Identifier: Apache-2.0
#include "schedulers/median_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace manta::median_scheduler_test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class MedianSchedulerTest : public ::testing::Test {
 protected:
  static bool stops(MedianScheduler& scheduler, std::int64_t trial, std::int64_t iteration, double value) {
    const auto orders =
        scheduler.on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"accuracy", value}}}, TrialsView());
    EXPECT_TRUE(orders.has_value());
    return !orders->empty();
  }
  bool stops(std::int64_t trial, std::int64_t iteration, double value) {
    return stops(scheduler_, trial, iteration, value);
  }

  MedianScheduler scheduler_{{"accuracy", Mode::kMax}, {.grace = 1, .samples = 3}};
};

TEST_F(MedianSchedulerTest, DecidesNothingBeforeEnoughOthersHaveReported) {
  EXPECT_FALSE(stops(0, 1, 5));
  EXPECT_FALSE(stops(1, 1, 6));
  EXPECT_FALSE(stops(2, 1, 0));
  EXPECT_TRUE(stops(3, 1, 1));
}

TEST_F(MedianSchedulerTest, ComparesTheBestSoFarWithTheMedianOfTheMeans) {
  for (std::int64_t trial = 0; trial < 3; ++trial) {
    stops(trial, 1, 0);
    stops(trial, 2, 10);  // The mean of each is 5 by now.
  }

  EXPECT_FALSE(stops(3, 1, 0));
  EXPECT_FALSE(stops(3, 2, 6));
  EXPECT_FALSE(stops(4, 1, 5));
  EXPECT_FALSE(stops(4, 2, -100));  // It has been at 5.
  EXPECT_FALSE(stops(5, 1, 4.9));
  EXPECT_TRUE(stops(5, 2, 2));
}

TEST_F(MedianSchedulerTest, NothingIsStoppedBeforeGrace) {
  MedianScheduler scheduler({"accuracy", Mode::kMax}, {.grace = 2, .samples = 1});
  stops(scheduler, 0, 1, 9);
  stops(scheduler, 0, 2, 9);

  EXPECT_FALSE(stops(scheduler, 1, 1, 0));
  EXPECT_TRUE(stops(scheduler, 1, 2, 0));
}

TEST_F(MedianSchedulerTest, ValuesThatAreNotFiniteChangeNothingForOthers) {
  MedianScheduler with({"accuracy", Mode::kMax}, {.samples = 2});
  MedianScheduler without({"accuracy", Mode::kMax}, {.samples = 2});
  stops(with, 9, 1, kNaN);
  stops(with, 8, 1, -std::numeric_limits<double>::infinity());
  for (std::int64_t trial = 0; trial < 8; ++trial) {
    const double value = static_cast<double>((trial * 5) % 8);
    EXPECT_EQ(stops(with, trial, 1, value), stops(without, trial, 1, value));
  }
}

TEST_F(MedianSchedulerTest, ATrialThatHasNeverBeenFiniteIsWorseThanAny) {
  for (std::int64_t trial = 0; trial < 3; ++trial) stops(trial, 1, -1e300);

  EXPECT_TRUE(stops(3, 1, kNaN));
}

TEST_F(MedianSchedulerTest, AnIterationThatComesAgainIsNotJudgedAgain) {
  stops(0, 1, 1);
  for (int again = 0; again < 5; ++again) stops(0, 1, 100);
  stops(1, 1, 1);
  stops(2, 1, 1);

  EXPECT_FALSE(stops(3, 1, 1));
}

TEST_F(MedianSchedulerTest, AStoppedTrialThatStillReportsIsToldSoAgain) {
  for (std::int64_t trial = 0; trial < 3; ++trial) stops(trial, 1, 1);
  ASSERT_TRUE(stops(3, 1, 0));

  EXPECT_TRUE(stops(3, 2, 99));
}

}  // namespace
}  // namespace manta::median_scheduler_test
