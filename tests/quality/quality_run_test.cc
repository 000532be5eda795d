// SPDX-License-Identifier: Apache-2.0
// The protocol, on a task of which every second point is forbidden.
#include "tests/quality/quality_run.h"

#include <gtest/gtest.h>

#include "searchers/random_searcher.h"

namespace manta::quality::quality_run_test {
namespace {

class Numbers final : public QualityTask {
 public:
  const std::string& name() const override { return name_; }
  const std::string& family() const override { return name_; }
  const Space& space() const override { return space_; }
  Mode mode() const override { return Mode::kMax; }
  Evaluation evaluate(const Config& config, std::uint64_t /*draw*/) const override {
    const auto x = config["x"].as<double>();
    if (x >= 500) return {.kind = Evaluation::Kind::kForbidden};
    if (x >= 490) return {.kind = Evaluation::Kind::kFailed};
    return {Evaluation::Kind::kOk, x, x};
  }
  Judgement judge(double score) const override { return {.quantile = (489 - score) / 490, .norm_regret = 0}; }

 private:
  std::string name_ = "numbers";
  Space space_ = parse_space(R"({"x": {"int": [0, 999]}})").value();
};

RunResult run(int workers, std::uint64_t seed) {
  const Numbers task;
  RandomSearcher searcher(task.space(), seed);
  return run_task(task, searcher, {.checkpoints = {10, 50}, .workers = workers, .seed = seed});
}

TEST(QualityRunTest, WhatIsForbiddenIsRedrawnAtNoCharge) {
  const RunResult result = run(1, 1);

  ASSERT_EQ(result.at.size(), 2U);
  EXPECT_GT(result.rejections, 20);
  EXPECT_LT(result.rejections, 100);
  EXPECT_LE(result.at[1].quantile, result.at[0].quantile);
  EXPECT_LE(result.unique, 50);
  EXPECT_GT(result.unique, 40);
}

TEST(QualityRunTest, RandomSearchFindsOneInNPlusOneOnAverage) {
  double sum = 0;
  constexpr int kRuns = 400;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) sum += run(1, seed).at[1].quantile;

  EXPECT_NEAR(sum / kRuns, 1.0 / 51, 0.004);
}

TEST(QualityRunTest, WorkersSeeTheSameNumberOfTrials) {
  const RunResult alone = run(1, 3);
  const RunResult eight = run(8, 3);

  EXPECT_EQ(eight.at[1].quantile, alone.at[1].quantile) << "random search learns nothing, so the set is the same";
}

}  // namespace
}  // namespace manta::quality::quality_run_test
