// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/feasibility.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/base/random.h"

namespace manta::internal {

namespace {

constexpr std::size_t kMost = 600;  // Records of the newest that are learned from.
constexpr std::uint64_t kSeed = 1;
constexpr char kPending = 'p';
constexpr char kValued = 'v';
constexpr char kFailed = 'x';

using State = TrialRecord::State;

}  // namespace

void Feasibility::learn(const History& history) {
  // Every one of the first 32, then one in 32, 64, …: as often as the history has grown by a small part.
  std::size_t step = 1;
  while (step * 32 < history.size()) step *= 2;
  const std::size_t size = history.size() / step * step;
  if (std::exchange(is_restored_, false) && size == learned_) return fit(history);
  if (size == learned_) return;
  learned_ = size;
  states_.clear();
  for (std::size_t i = size > kMost ? size - kMost : 0; i < size; ++i) states_ += letter_of(history, i);
  fit(history);
}

char Feasibility::letter_of(const History& history, std::size_t place) const {
  if (history[place].state == State::kPending) return kPending;
  const bool is_valued = learns_ == Learns::kValues ? history[place].has_value() : history.is_complete(place);
  return is_valued ? kValued : kFailed;
}

void Feasibility::fit(const History& history) {
  forest_.reset();
  if (states_.find(kFailed) == std::string::npos) return states_.clear();
  std::vector<double> points;
  std::vector<double> targets;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == kPending) continue;
    for (const double u : history.point(learned_ - states_.size() + i)) points.push_back(std::isnan(u) ? 0.5 : u);
    targets.push_back(states_[i] == kValued ? 1.0 : 0.0);
  }
  RandomStream random(kSeed, learned_);
  forest_.emplace(cube_->axes(), points, targets, RandomForest::Options{.trees = 16}, random);
}

bool Feasibility::restore(std::size_t learned, std::string states) {
  const bool are_states = states.find_first_not_of(std::string{kPending, kValued, kFailed}) == std::string::npos;
  if (!are_states || states.size() > std::min(learned, kMost)) return false;
  learned_ = learned;
  states_ = std::move(states);
  forest_.reset();
  is_restored_ = !states_.empty();
  return true;
}

double Feasibility::probability(std::span<const double> point) const {
  if (!forest_) return 1;
  std::vector<double> whole(point.begin(), point.end());
  std::ranges::replace_if(
      whole, [](double u) { return std::isnan(u); }, 0.5);
  return std::clamp(forest_->predict(whole).mean, kLeast, 1.0);
}

}  // namespace manta::internal
