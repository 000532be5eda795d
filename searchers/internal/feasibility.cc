// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/feasibility.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace manta::internal {

namespace {

constexpr std::size_t kMost = 600;  // Records of the newest that are learned from.
constexpr std::uint64_t kSeed = 1;

using State = TrialRecord::State;

}  // namespace

void Feasibility::learn(const History& history) {
  // Every one of the first 32, then one in 32, 64, …: as often as the history has grown by a small part.
  std::size_t step = 1;
  while (step * 32 < history.size()) step *= 2;
  const std::size_t size = history.size() / step * step;
  if (size == learned_) return;
  learned_ = size;
  forest_.reset();
  std::vector<double> points;
  std::vector<double> targets;
  bool has_failure = false;
  for (std::size_t i = size > kMost ? size - kMost : 0; i < size; ++i) {
    const State state = history[i].state;
    if (state == State::kPending) continue;
    const bool is_valid = history[i].has_value();
    has_failure = has_failure || !is_valid;
    for (const double u : history.point(i)) points.push_back(std::isnan(u) ? 0.5 : u);
    targets.push_back(is_valid ? 1.0 : 0.0);
  }
  if (!has_failure) return;
  RandomStream random(kSeed, size);
  forest_.emplace(cube_->axes(), points, targets, RandomForest::Options{.trees = 16}, random);
}

double Feasibility::probability(std::span<const double> point) const {
  if (!forest_) return 1;
  std::vector<double> whole(point.begin(), point.end());
  std::ranges::replace_if(
      whole, [](double u) { return std::isnan(u); }, 0.5);
  return std::clamp(forest_->predict(whole).mean, kLeast, 1.0);
}

}  // namespace manta::internal
