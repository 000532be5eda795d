// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/goal_losses.h"

#include <algorithm>
#include <cmath>

namespace manta::internal {

LossTable losses_of(const History& history, std::span<const std::size_t> places) {
  LossTable table(history.objectives());
  std::vector<double> losses;
  for (const std::size_t place : places) {
    losses.assign(1, history[place].loss);
    const std::span<const double> further = history.further_losses(place);
    losses.insert(losses.end(), further.begin(), further.end());
    table.add(losses);
  }
  return table;
}

std::vector<double> violations_of(const History& history, std::span<const std::size_t> places) {
  std::vector<double> sums(places.size());
  const std::size_t constraints = places.empty() ? 0 : history.margins(places.front()).size();
  for (std::size_t constraint = 0; constraint < constraints; ++constraint) {
    double largest = 0;
    for (const std::size_t place : places) {
      const double margin = history.margins(place)[constraint];
      if (std::isfinite(margin)) largest = std::max(largest, margin);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double violation = std::max(history.margins(places[i])[constraint], 0.0);
      sums[i] += violation > 0 && std::isfinite(violation) ? violation / largest : violation;
    }
  }
  return sums;
}

std::vector<std::size_t> complete_places(const History& history) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history.is_complete(i)) places.push_back(i);
  }
  return places;
}

}  // namespace manta::internal
