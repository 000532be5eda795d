// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/training_set.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace manta::gp {

namespace {

using internal::History;
using internal::TrialRecord;

constexpr std::size_t kSeldom = 16;

std::vector<std::size_t> valued_places(const History& history) {
  std::vector<std::size_t> places;
  places.reserve(history.valued());
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].has_value()) places.push_back(i);
  }
  return places;
}

// The best half, then the newest of the others; all rising.
std::vector<std::size_t> best_and_newest(const History& history, const std::vector<std::size_t>& all) {
  std::vector<std::size_t> chosen = all;
  const auto half = chosen.begin() + TrainingSet::kMost / 2;
  std::ranges::nth_element(chosen, half, {}, [&](std::size_t i) { return std::pair(history[i].loss, i); });
  const auto newest = half + TrainingSet::kMost / 2;
  std::ranges::nth_element(half, newest, chosen.end(), std::ranges::greater());
  chosen.erase(newest, chosen.end());
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace

// What is asked for between two multiples of the step counts as the lower.
std::size_t last_fit_at(std::size_t valued) {
  if (valued <= TrainingSet::kOften) return valued;
  const std::size_t step = std::min(std::bit_floor(valued / kSeldom), TrainingSet::kStep);
  return valued / step * step;
}

bool TrainingSet::is_fit_due(const History& history) const {
  return last_fit_at(history.valued()) > state_.fitted;
}

void TrainingSet::begin_fit(const History& history) {
  choose(history);
  state_.fitted = last_fit_at(history.valued());
}

void TrainingSet::choose(const History& history) {
  state_.places = valued_places(history);
  if (state_.places.size() > kAll) state_.places = best_and_newest(history, state_.places);
  state_.at_once = state_.places.size();
  state_.newer = history.size();
  state_.awaited.clear();
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].state == TrialRecord::State::kPending) state_.awaited.push_back(i);
  }
}

bool TrainingSet::update(const History& history) {
  std::vector<bool> is_taken(history.size());
  bool is_whole = !state_.places.empty();
  for (const std::size_t place : state_.places) {
    is_whole = is_whole && place < history.size() && history[place].has_value();
    if (is_whole) is_taken[place] = true;
  }
  if (!is_whole) {
    choose(history);
    return true;
  }
  const bool takes_all = history.valued() <= kAll;
  for (const std::size_t place : valued_places(history)) {
    if (is_taken[place]) continue;
    const bool is_new = place >= state_.newer || std::ranges::binary_search(state_.awaited, place);
    if (takes_all || is_new) state_.places.push_back(place);
  }
  return false;
}

std::vector<std::size_t> tuning_sample(std::span<const double> values) {
  std::vector<std::size_t> chosen(values.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  constexpr std::size_t kHalf = TrainingSet::kTuned / 2;
  if (chosen.size() <= TrainingSet::kTuned) return chosen;
  const auto half = chosen.begin() + kHalf;
  std::ranges::nth_element(chosen, half, {}, [&](std::size_t i) { return std::pair(values[i], i); });
  std::sort(half, chosen.end());
  const std::vector<std::size_t> others(half, chosen.end());
  for (std::size_t k = 0; k < kHalf; ++k) chosen[kHalf + k] = others[k * others.size() / kHalf];
  chosen.resize(TrainingSet::kTuned);
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace manta::gp
