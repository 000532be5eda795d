// SPDX-License-Identifier: Apache-2.0
#include "tests/quality/task_with_cost.h"

#include <cmath>
#include <cstddef>
#include <numbers>

#include "core/base/random.h"

namespace manta::quality {

namespace {

constexpr std::uint32_t kCostStream = static_cast<std::uint32_t>(hash_name("quality/cost"));
constexpr double kRange = 2 * std::numbers::ln10;  // Of the logarithm of the cost.

class TaskWithCost final : public QualityTask {
 public:
  TaskWithCost(const QualityTask& task, std::uint64_t seed) : task_(task), cube_(task.space()) {
    RandomStream random(seed, 0, kCostStream);
    axis_ = random.below(cube_.size());
    is_falling_ = random.below(2) == 1;
  }

  const std::string& name() const override { return task_.name(); }
  const std::string& family() const override { return task_.family(); }
  const Space& space() const override { return task_.space(); }
  Mode mode() const override { return task_.mode(); }
  Evaluation evaluate(const Config& config, std::uint64_t draw) const override {
    Evaluation evaluation = task_.evaluate(config, draw);
    const double u = cube_.encode(config)[axis_];
    evaluation.seconds = std::exp(kRange * (is_falling_ ? 1 - u : u));
    return evaluation;
  }
  Judgement judge(double score) const override { return task_.judge(score); }
  double mean_seconds() const override { return (std::exp(kRange) - 1) / kRange; }

 private:
  const QualityTask& task_;
  const UnitCube cube_;
  std::size_t axis_ = 0;
  bool is_falling_ = false;
};

}  // namespace

std::unique_ptr<QualityTask> task_with_cost(const QualityTask& task, std::uint64_t seed) {
  return std::make_unique<TaskWithCost>(task, seed);
}

}  // namespace manta::quality
