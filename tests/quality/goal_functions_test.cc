// SPDX-License-Identifier: Apache-2.0
// What is known of the functions of several objectives.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "searchers/random_searcher.h"
#include "tests/quality/quality_run.h"

namespace manta::quality::goal_functions_test {
namespace {

std::unique_ptr<QualityTask> task_named(const std::string& name) {
  for (std::unique_ptr<QualityTask>& task : goal_functions()) {
    if (task->name() == name) return std::move(task);
  }
  return nullptr;
}

TEST(GoalFunctionsTest, PointsOfTheTrueFrontLeaveNextToNothingUndominated) {
  const auto task = task_named("zdt1");
  LossTable losses(2);
  for (int i = 0; i <= 1000; ++i) {
    Config config;
    for (int k = 0; k < 10; ++k) config.set("x" + std::to_string(k), k == 0 ? i / 1000. : 0.);
    const Metrics metrics = task->evaluate(config, 0).metrics;
    losses.add(std::vector<double>{*metrics.find("value"), *metrics.find("f2")});
  }

  EXPECT_NEAR(task->judge_front(losses).norm_regret, 0, 1e-4);
  EXPECT_EQ(task->judge_front(LossTable(2)).norm_regret, 1);
}

TEST(GoalFunctionsTest, FrontsOfThreeObjectivesAreThatLargeToo) {
  for (const std::string name : {"dtlz2", "convex_dtlz2", "dtlz7"}) {
    const auto task = task_named(name);
    LossTable losses(3);
    for (int i = 0; i <= 60; ++i) {
      for (int k = 0; k <= 60; ++k) {
        Config config;
        const std::size_t count = task->space().parameters().size();
        for (std::size_t axis = 0; axis < count; ++axis)
          config.set("x" + std::to_string(axis), axis == 0 ? i / 60. : axis == 1 ? k / 60. : name == "dtlz7" ? 0. : 0.5);
        const Metrics metrics = task->evaluate(config, 0).metrics;
        losses.add(std::vector<double>{*metrics.find("value"), *metrics.find("f2"), *metrics.find("f3")});
      }
    }
    const double missing = task->judge_front(losses).norm_regret;
    EXPECT_GT(missing, 0) << name;
    EXPECT_LT(missing, 0.1) << name << ": between the points of the grid";
  }
}

TEST(GoalFunctionsTest, RandomSearchGetsNearerAndNeverBeyond) {
  for (const auto& task : goal_functions()) {
    RandomSearcher searcher(task->space(), 1);

    const RunResult result = run_task(*task, searcher, {.checkpoints = {25, 400}, .workers = 1, .seed = 1});

    EXPECT_LE(result.at[1].norm_regret, result.at[0].norm_regret) << task->name();
    EXPECT_GT(result.at[1].norm_regret, 0) << task->name();
    const bool is_out_of_reach = task->name() == "dtlz7";  // Of random points the third objective is.
    EXPECT_TRUE(is_out_of_reach || result.at[1].norm_regret < 1) << task->name();
  }
}

TEST(GoalFunctionsTest, WhatBreaksAConstraintDoesNotCount) {
  const auto task = task_named("constr");
  const Config broken{{"x0", Value(0.2)}, {"x1", Value(0.0)}};

  EXPECT_FALSE(task->further().are_kept(task->evaluate(broken, 0).metrics));
}

}  // namespace
}  // namespace manta::quality::goal_functions_test
