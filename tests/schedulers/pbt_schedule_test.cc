// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_schedule.h"

#include <gtest/gtest.h>

namespace manta {
namespace {

Config rate(double value) { return {{"rate", value}}; }

TEST(PbtScheduleTest, FollowsTheWeightsOfTheBestBackwards) {
  PbtHistory history;
  history.exploits = {{{1}, {0}, 5, rate(0.1), rate(0.2)},    // 1 goes on from 0.
                      {{2}, {0}, 6, rate(0.1), rate(0.3)},    // Has nothing to do with the best.
                      {{3}, {1}, 10, rate(0.2), rate(0.4)},   // 3 from 1.
                      {{1}, {2}, 15, rate(0.3), rate(0.9)}};  // Later than what 3 took.
  history.best = {{3}, 20, 1.0, rate(0.4), 4};

  const PbtSchedule schedule = PbtSchedule::of(history);

  ASSERT_EQ(schedule.steps.size(), 3u);
  EXPECT_EQ(schedule.steps[0].after, 0);
  EXPECT_EQ(schedule.steps[0].config, rate(0.1));
  EXPECT_EQ(schedule.steps[1].after, 5);
  EXPECT_EQ(schedule.steps[1].config, rate(0.2));
  EXPECT_EQ(schedule.steps[2].after, 10);
  EXPECT_EQ(schedule.steps[2].config, rate(0.4));
}

TEST(PbtScheduleTest, WithoutExploitsItIsOneConfiguration) {
  PbtHistory history;
  history.best = {{0}, 3, 1.0, rate(0.5), 0};

  const PbtSchedule schedule = PbtSchedule::of(history);

  ASSERT_EQ(schedule.steps.size(), 1u);
  EXPECT_EQ(schedule.steps[0].config, rate(0.5));
}

TEST(PbtScheduleTest, WhatCameAfterTheBestReportDoesNotCount) {
  PbtHistory history;
  history.exploits = {{{0}, {1}, 9, rate(0.7), rate(0.8)}};
  history.best = {{0}, 8, 1.0, rate(0.5), 0};

  EXPECT_EQ(PbtSchedule::of(history).steps.size(), 1u);
}

TEST(PbtScheduleTest, AnotherSchedulersSnapshotIsRefused) {
  EXPECT_FALSE(PbtSchedule::from_snapshot({R"({"FifoScheduler":{}})"}));
  EXPECT_FALSE(PbtSchedule::from_snapshot({R"({"PbtScheduler":{}})"}));
}

}  // namespace
}  // namespace manta
