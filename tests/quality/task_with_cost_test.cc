// SPDX-License-Identifier: Apache-2.0
#include "tests/quality/task_with_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "searchers/random_searcher.h"
#include "tests/quality/quality_run.h"

namespace manta::quality::task_with_cost_test {
namespace {

TEST(TaskWithCostTest, TrialsTakeFromOneToAHundredSecondsByOneParameter) {
  const auto functions = smooth_functions();
  const auto task = task_with_cost(*functions.front(), 3);
  double least = 1e9;
  double most = 0;
  double sum = 0;
  constexpr int kDraws = 4000;
  for (std::int64_t trial = 0; trial < kDraws; ++trial) {
    const Config config = sample(task->space(), 5, trial).value();
    const Evaluation evaluation = task->evaluate(config, 0);
    EXPECT_EQ(evaluation.score, functions.front()->evaluate(config, 0).score);
    least = std::min(least, evaluation.seconds);
    most = std::max(most, evaluation.seconds);
    sum += evaluation.seconds;
  }
  EXPECT_GE(least, 1);
  EXPECT_LT(least, 1.1);
  EXPECT_LE(most, 100.001);
  EXPECT_GT(most, 90);
  EXPECT_NEAR(sum / kDraws / task->mean_seconds(), 1, 0.1);
}

TEST(TaskWithCostTest, ARunGoesOnToItsLastTime) {
  const auto functions = smooth_functions();
  const auto task = task_with_cost(*functions.front(), 3);
  RandomSearcher searcher(task->space(), 1);

  const RunResult result = run_task(*task, searcher, {.checkpoints = {10}, .times = {1, 100, 700}});

  ASSERT_EQ(result.at_times.size(), 3U);
  EXPECT_EQ(result.at_times[0].norm_regret, 1) << "no trial has ended by then";
  EXPECT_GE(result.at_times[1].norm_regret, result.at_times[2].norm_regret);
  ASSERT_EQ(result.seconds.size(), 1U);
  EXPECT_GT(result.seconds[0], 10);
}

}  // namespace
}  // namespace manta::quality::task_with_cost_test
