// SPDX-License-Identifier: Apache-2.0
// The functions at points whose values are known.
#include <gtest/gtest.h>

#include "tests/quality/quality_task.h"

namespace manta::quality::smooth_functions_test {
namespace {

double regret_at(const std::string& name, const std::vector<double>& x) {
  for (const auto& task : smooth_functions()) {
    if (task->name() != name) continue;
    Config config;
    for (std::size_t i = 0; i < x.size(); ++i) config.set("x" + std::to_string(i), x[i]);
    EXPECT_TRUE(task->space().validate(config).has_value()) << name;
    return task->judge(task->evaluate(config, 0).score).norm_regret;
  }
  ADD_FAILURE() << "no function " << name;
  return 0;
}

TEST(SmoothFunctionsTest, TheRegretIsZeroAtTheOptimum) {
  EXPECT_NEAR(regret_at("branin", {3.14159265, 2.275}), 0, 1e-6);
  EXPECT_NEAR(regret_at("branin", {-3.14159265, 12.275}), 0, 1e-6);
  EXPECT_NEAR(regret_at("hartmann6", {0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573}), 0, 1e-5);
  EXPECT_NEAR(regret_at("ackley5", {0, 0, 0, 0, 0}), 0, 1e-12);
  EXPECT_NEAR(regret_at("levy5", {1, 1, 1, 1, 1}), 0, 1e-12);
  EXPECT_NEAR(regret_at("rosenbrock5", {1, 1, 1, 1, 1}), 0, 1e-12);
  EXPECT_NEAR(regret_at("rastrigin5", {0, 0, 0, 0, 0}), 0, 1e-12);
  EXPECT_NEAR(regret_at("styblinski5", {-2.903534, -2.903534, -2.903534, -2.903534, -2.903534}), 0, 1e-5);
}

TEST(SmoothFunctionsTest, TheRegretIsLargeElsewhere) {
  EXPECT_NEAR(regret_at("rosenbrock5", {0, 0, 0, 0, 0}), 4, 1e-12);
  EXPECT_NEAR(regret_at("rastrigin5", {1, 1, 1, 1, 1}), 5, 1e-12);
  EXPECT_GT(regret_at("ackley5", {6, 6, 6, 6, 6}), 10);
}

}  // namespace
}  // namespace manta::quality::smooth_functions_test
