// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace manta {

namespace {

std::vector<std::size_t> places(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

// By constrained domination.
bool is_before(const LossTable& table, std::span<const double> violations, std::size_t a, std::size_t b) {
  const double over_a = violations.empty() ? 0 : violations[a];
  const double over_b = violations.empty() ? 0 : violations[b];
  if (over_a > 0 || over_b > 0) return over_a < over_b;
  return dominates(table[a], table[b]);
}

// Of an empty or infinite range nothing is a part.
double part_of(double difference, double range) {
  return std::isfinite(range) && range > 0 ? difference / range : 0;
}

}  // namespace

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool is_better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    is_better = is_better || a[i] < b[i];
  }
  return is_better;
}

std::vector<std::size_t> pareto_front(const LossTable& table) {
  std::vector<std::size_t> order = places(table.size());
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return std::ranges::lexicographical_compare(table[a], table[b]); });
  // Whoever dominates a point comes before it in this order.
  std::vector<std::size_t> front;
  for (const std::size_t place : order) {
    const auto is_dominated = [&](std::size_t other) { return dominates(table[other], table[place]); };
    if (std::ranges::none_of(front, is_dominated)) front.push_back(place);
  }
  std::ranges::sort(front);
  return front;
}

std::vector<std::size_t> domination_ranks(const LossTable& table, std::span<const double> violations) {
  const std::size_t size = table.size();
  std::vector<std::size_t> ranks(size);
  std::vector<std::size_t> dominators(size);  // Of each point, those not taken away yet.
  std::vector<std::vector<std::size_t>> dominated(size);
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = 0; b < size; ++b) {
      if (a == b || !is_before(table, violations, a, b)) continue;
      dominated[a].push_back(b);
      ++dominators[b];
    }
  }
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < size; ++i) {
    if (dominators[i] == 0) front.push_back(i);
  }
  for (std::size_t rank = 0; !front.empty(); ++rank) {
    std::vector<std::size_t> next;
    for (const std::size_t point : front) {
      ranks[point] = rank;
      for (const std::size_t worse : dominated[point]) {
        if (--dominators[worse] == 0) next.push_back(worse);
      }
    }
    front = std::move(next);
  }
  return ranks;
}

std::vector<double> crowding_distances(const LossTable& table, std::span<const std::size_t> members) {
  std::vector<double> distances(members.size());
  for (std::size_t objective = 0; objective < table.objectives() && !members.empty(); ++objective) {
    const auto loss = [&](std::size_t index) { return table[members[index]][objective]; };
    std::vector<std::size_t> order = places(members.size());
    std::ranges::stable_sort(order, {}, loss);
    const double range = loss(order.back()) - loss(order.front());
    distances[order.front()] = distances[order.back()] = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i + 1 < order.size(); ++i)
      distances[order[i]] += part_of(loss(order[i + 1]) - loss(order[i - 1]), range);
  }
  return distances;
}

}  // namespace manta
