// SPDX-License-Identifier: Apache-2.0
// Searchers on the smooth functions with defaults that are good, and with some that mislead.
#include "tests/quality/task_with_default.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>

#include "searchers/make_searcher.h"
#include "tests/quality/quality_run.h"

namespace manta::quality::task_with_default_test {
namespace {

constexpr std::uint64_t kSeeds = 3;

TEST(TaskWithDefaultTest, ItsDefaultIsAsGoodAsItsRankSays) {
  for (const auto& task : smooth_functions()) {
    const auto regret = [&](DefaultRank rank) {
      const auto with_default = task_with_default(*task, rank, Confidence::kLow, 1);
      EXPECT_EQ(with_default->space().find("x0")->confidence, Confidence::kLow);
      const Config config = with_default->space().default_config().value();
      return task->judge(task->evaluate(config, 0).score).norm_regret;
    };
    EXPECT_LT(regret(DefaultRank::kBest), regret(DefaultRank::kGood)) << task->name();
    EXPECT_LT(regret(DefaultRank::kGood), regret(DefaultRank::kMisleading)) << task->name();
  }
}

class DefaultsTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Means over functions and seeds of log10 of the regret after 10 and after 50 trials.
  static std::pair<double, double> log_regret(std::optional<DefaultRank> rank, Confidence confidence) {
    std::pair<double, double> sums{0, 0};
    const auto functions = smooth_functions();
    for (const auto& function : functions) {
      for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const auto with_default = rank ? task_with_default(*function, *rank, confidence, seed) : nullptr;
        const QualityTask& task = with_default ? *with_default : *function;
        const auto searcher = make_searcher(GetParam(), {.space = &task.space(),
                                                         .objective = {.metric = "value", .mode = task.mode()},
                                                         .seed = seed,
                                                         .samples = 50})
                                  .value();
        const RunResult result = run_task(task, *searcher, {.checkpoints = {10, 50}, .seed = seed});
        sums.first += std::log10(std::max(result.at[0].norm_regret, 1e-6));
        sums.second += std::log10(std::max(result.at[1].norm_regret, 1e-6));
      }
    }
    const auto runs = static_cast<double>(functions.size() * kSeeds);
    return {sums.first / runs, sums.second / runs};
  }
};

TEST_P(DefaultsTest, AGoodDefaultHelpsAndAMisleadingOneIsForgottenWithinFiftyTrials) {
  const auto [early, late] = log_regret(std::nullopt, Confidence::kMedium);
  const auto [good_early, good_late] = log_regret(DefaultRank::kBest, Confidence::kHigh);
  const auto [misled_early, misled_late] = log_regret(DefaultRank::kMisleading, Confidence::kHigh);

  EXPECT_LT(good_early, early - 0.3);
  // After fifty trials the error of such a difference is some 0.3; the guide has it of more seeds.
  EXPECT_LT(good_late, late + 0.3);
  EXPECT_LT(misled_early, early + 0.3);
  EXPECT_LT(misled_late, late + 0.3);
}

INSTANTIATE_TEST_SUITE_P(Searchers, DefaultsTest, ::testing::Values("gp", "tpe", "forest"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace manta::quality::task_with_default_test
