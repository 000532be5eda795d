// SPDX-License-Identifier: Apache-2.0
#include "searchers/nsga2/population.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "searchers/pareto/pareto.h"

namespace manta::internal {

namespace {

using State = TrialRecord::State;

bool takes_part(const History& history, std::size_t place) {
  if (!history[place].has_value() && history[place].state != State::kViolating) return false;
  return std::ranges::none_of(history.further_losses(place), [](double loss) { return std::isnan(loss); });
}

// Of each of `places` the sum over the constraints, each in parts of the largest violation among them.
std::vector<double> violations_of(const History& history, std::span<const std::size_t> places) {
  std::vector<double> sums(places.size());
  const std::size_t constraints = places.empty() ? 0 : history.violations(places.front()).size();
  for (std::size_t constraint = 0; constraint < constraints; ++constraint) {
    double largest = 0;
    for (const std::size_t place : places) {
      const double violation = history.violations(place)[constraint];
      if (std::isfinite(violation)) largest = std::max(largest, violation);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double violation = history.violations(places[i])[constraint];
      sums[i] += violation > 0 && std::isfinite(violation) ? violation / largest : violation;
    }
  }
  return sums;
}

std::vector<PopulationMember> ranked(const History& history, std::span<const std::size_t> places) {
  LossTable table(history.objectives());
  std::vector<double> losses;
  for (const std::size_t place : places) {
    losses.assign(1, history[place].loss);
    const std::span<const double> further = history.further_losses(place);
    losses.insert(losses.end(), further.begin(), further.end());
    table.add(losses);
  }
  const std::vector<std::size_t> ranks = domination_ranks(table, violations_of(history, places));
  std::vector<PopulationMember> members;
  for (std::size_t i = 0; i < places.size(); ++i) members.push_back({.place = i, .rank = ranks[i]});
  std::ranges::stable_sort(members, {}, &PopulationMember::rank);
  for (auto begin = members.begin(); begin != members.end();) {
    const auto end = std::find_if(begin, members.end(), [&](const auto& member) { return member.rank != begin->rank; });
    std::vector<std::size_t> front;
    for (auto member = begin; member != end; ++member) front.push_back(member->place);
    const std::vector<double> distances = crowding_distances(table, front);
    for (auto member = begin; member != end; ++member)
      member->crowding = distances[static_cast<std::size_t>(member - begin)];
    begin = end;
  }
  std::ranges::stable_sort(members, [](const auto& a, const auto& b) { return a.is_before(b); });
  for (PopulationMember& member : members) member.place = places[member.place];
  return members;
}

}  // namespace

std::vector<PopulationMember> population_of(const History& history, std::size_t size) {
  std::vector<std::size_t> alive;
  for (std::size_t place = 0; place < history.size(); ++place) {
    if (takes_part(history, place)) alive.push_back(place);
    const bool is_generation_over = (place + 1) % size == 0;
    if (!is_generation_over || alive.size() <= size) continue;
    std::vector<PopulationMember> members = ranked(history, alive);
    alive.clear();
    for (std::size_t i = 0; i < size; ++i) alive.push_back(members[i].place);
  }
  std::vector<PopulationMember> members = ranked(history, alive);
  members.resize(std::min(size, members.size()));
  return members;
}

}  // namespace manta::internal
