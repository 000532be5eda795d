// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/bracket_plan.h"

#include <utility>

#include "core/base/check.h"

namespace manta::internal {

BracketPlan::BracketPlan(std::int64_t max_t, std::int64_t eta) {
  MANTA_CHECK(max_t >= 1 && eta >= 2, "HyperBand: max_t or eta is out of range");
  std::vector<std::int64_t> powers{1};  // Of eta, up to max_t.
  while (powers.back() <= max_t / eta) powers.push_back(powers.back() * eta);
  const auto s_max = static_cast<std::int64_t>(powers.size()) - 1;
  for (std::int64_t s = s_max; s >= 0; --s) {
    const std::int64_t power = powers[static_cast<std::size_t>(s)];
    Bracket bracket{.trials = ((s_max + 1) * power + s) / (s + 1)};  // Rounded up.
    for (std::int64_t i = s; i >= 0; --i) bracket.rungs.push_back(max_t / powers[static_cast<std::size_t>(i)]);
    trials_of_band_ += bracket.trials;
    band_.push_back(std::move(bracket));
  }
}

std::int64_t BracketPlan::bracket_of(std::int64_t trial) const {
  std::int64_t number = trial / trials_of_band_ * static_cast<std::int64_t>(band_.size());
  std::int64_t rest = trial % trials_of_band_;
  for (auto bracket = band_.begin(); rest >= bracket->trials; ++bracket, ++number) rest -= bracket->trials;
  return number;
}

std::int64_t BracketPlan::first_of(std::int64_t number) const {
  const auto size = static_cast<std::int64_t>(band_.size());
  std::int64_t first = number / size * trials_of_band_;
  for (std::int64_t index = 0; index < number % size; ++index) first += band_[static_cast<std::size_t>(index)].trials;
  return first;
}

}  // namespace manta::internal
