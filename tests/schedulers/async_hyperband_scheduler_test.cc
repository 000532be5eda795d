// SPDX-License-Identifier: Apache-2.0
#include "schedulers/async_hyperband_scheduler.h"

#include <gtest/gtest.h>

namespace manta::async_hyperband_scheduler_test {
namespace {

// max_t 4, eta 2: brackets of 4, 3 and 3 trials, which begin to judge at 1, 2 and 4.
class AsyncHyperbandSchedulerTest : public ::testing::Test {
 protected:
  bool stops(std::int64_t trial, std::int64_t iteration, double accuracy) {
    const auto orders = scheduler_.on_report(
        {.trial = {trial}, .iteration = iteration, .metrics = {{"accuracy", accuracy}}}, TrialsView());
    return !orders.value().empty();
  }

  AsyncHyperbandScheduler scheduler_{{"accuracy", Mode::kMax}, {.grace = 1, .eta = 2, .max_t = 4}};
};

TEST_F(AsyncHyperbandSchedulerTest, TheFirstBracketJudgesAtOnce) {
  stops(0, 1, 5);
  stops(1, 1, 5);

  EXPECT_TRUE(stops(2, 1, 0));
}

TEST_F(AsyncHyperbandSchedulerTest, ALaterBracketWaitsLonger) {
  stops(4, 1, 5);
  stops(5, 1, 5);
  EXPECT_FALSE(stops(6, 1, 0));
  stops(4, 2, 5);
  stops(5, 2, 5);

  EXPECT_TRUE(stops(6, 2, 0));
}

TEST_F(AsyncHyperbandSchedulerTest, BracketsDoNotKnowOfEachOther) {
  stops(0, 1, 5);
  stops(1, 1, 5);

  EXPECT_FALSE(stops(10, 1, 5));  // The first bracket of the next band is judged by that of the first.
  EXPECT_FALSE(stops(4, 1, 0));
  EXPECT_FALSE(stops(7, 2, 0));
}

}  // namespace
}  // namespace manta::async_hyperband_scheduler_test
