// SPDX-License-Identifier: Apache-2.0
#include "tests/quality/task_with_default.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace manta::quality {

namespace {

class TaskWithDefault final : public QualityTask {
 public:
  TaskWithDefault(const QualityTask& task, Space space) : task_(task), space_(std::move(space)) {}

  const std::string& name() const override { return task_.name(); }
  const std::string& family() const override { return task_.family(); }
  const Space& space() const override { return space_; }
  Mode mode() const override { return task_.mode(); }
  Evaluation evaluate(const Config& config, std::uint64_t draw) const override { return task_.evaluate(config, draw); }
  Judgement judge(double score) const override { return task_.judge(score); }
  double mean_seconds() const override { return task_.mean_seconds(); }

 private:
  const QualityTask& task_;
  Space space_;
};

// From the best to the worst.
std::vector<Config> ranked_draws(const QualityTask& task, std::uint64_t seed) {
  std::vector<std::pair<double, Config>> draws;
  for (std::int64_t trial = 0; trial < 10 * kDefaultDraws && draws.size() < kDefaultDraws; ++trial) {
    Result<Config> config = sample(task.space(), seed, trial);
    if (!config) break;
    const Evaluation evaluation = task.evaluate(*config, 0);
    if (evaluation.kind != Evaluation::Kind::kOk) continue;
    draws.emplace_back(task.mode() == Mode::kMin ? evaluation.score : -evaluation.score, *std::move(config));
  }
  std::ranges::stable_sort(draws, {}, [](const auto& draw) { return draw.first; });
  std::vector<Config> ranked;
  for (auto& [loss, config] : draws) ranked.push_back(std::move(config));
  return ranked;
}

}  // namespace

std::unique_ptr<QualityTask> task_with_default(const QualityTask& task, DefaultRank rank, Confidence confidence,
                                               std::uint64_t seed) {
  const std::vector<Config> draws = ranked_draws(task, seed);
  const Config& config = draws.at(static_cast<std::size_t>(rank) * draws.size() / kDefaultDraws);
  std::vector<Parameter> parameters = task.space().parameters();
  for (Parameter& parameter : parameters) {
    const auto value = config.values().find(parameter.name);
    if (value != config.values().end()) parameter.default_value = value->second;
    parameter.confidence = confidence;
  }
  return std::make_unique<TaskWithDefault>(
      task, Space(std::move(parameters), task.space().constraints(), task.space().start()));
}

}  // namespace manta::quality
