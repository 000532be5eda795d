// SPDX-License-Identifier: Apache-2.0
#include "schedulers/fifo_scheduler.h"

#include <gtest/gtest.h>

namespace manta::fifo_scheduler_test {
namespace {

TEST(FifoSchedulerTest, LetsEveryTrialGoOn) {
  FifoScheduler scheduler({"loss", Mode::kMin});

  for (std::int64_t trial = 0; trial < 20; ++trial) {
    const auto orders =
        scheduler.on_report({.trial = {trial}, .iteration = 1, .metrics = {{"loss", static_cast<double>(trial)}}}, {});
    ASSERT_TRUE(orders.has_value());
    EXPECT_TRUE(orders->empty());
  }
}

TEST(FifoSchedulerTest, SaysWhichMetricsAReportWithoutTheObjectiveHas) {
  FifoScheduler scheduler({"loss", Mode::kMin});

  const auto orders = scheduler.on_report({.trial = {3}, .iteration = 2, .metrics = {{"los", 1}}}, {});

  ASSERT_FALSE(orders.has_value());
  EXPECT_EQ(orders.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(orders.error().message.find("\"los\""), std::string::npos) << orders.error().message;
}

}  // namespace
}  // namespace manta::fifo_scheduler_test
