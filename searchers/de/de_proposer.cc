// SPDX-License-Identifier: Apache-2.0
#include "searchers/de/de_proposer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace manta::internal {

namespace {

constexpr std::size_t kPopulation = 12;
constexpr std::size_t kBest = 3;    // Of them, one is the aim of a step.
constexpr double kScale = 0.5;      // F.
constexpr double kCrossover = 0.5;  // CR.

// The best trial of each place, best first; places that have none are left out.
std::vector<std::size_t> population_of(const History& history) {
  std::vector<std::optional<std::size_t>> best(kPopulation);
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].state != TrialRecord::State::kEnded && history[i].state != TrialRecord::State::kReported) continue;
    std::optional<std::size_t>& holder = best[i % kPopulation];
    if (!holder || history[i].loss < history[*holder].loss) holder = i;
  }
  std::vector<std::size_t> members;
  for (const std::optional<std::size_t>& holder : best) {
    if (holder) members.push_back(*holder);
  }
  std::ranges::sort(members, {}, [&](std::size_t i) { return std::pair(history[i].loss, i); });
  return members;
}

double known(double u) { return std::isnan(u) ? 0.5 : u; }

}  // namespace

UnitCube::Point DeProposer::propose(const History& history, RandomStream& random) {
  UnitCube::Point child(cube_->size());
  for (double& u : child) u = random.uniform();
  const std::vector<std::size_t> members = population_of(history);
  if (members.size() < kPopulation / 2 || history.size() < kPopulation || child.empty()) return child;
  // The member of this trial's place, or any where the place is still empty.
  const auto own =
      std::ranges::find(members, history.size() % kPopulation, [](std::size_t place) { return place % kPopulation; });
  const auto target = history.point(own != members.end() ? *own : members[random.below(members.size())]);
  const auto aim = history.point(members[random.below(std::min(kBest, members.size()))]);
  const auto plus = history.point(members[random.below(members.size())]);
  const auto minus = history.point(members[random.below(members.size())]);
  const std::size_t always = random.below(child.size());
  for (std::size_t i = 0; i < child.size(); ++i) {
    const double from = known(target[i]);
    if (random.uniform() >= kCrossover && i != always) {
      child[i] = from;
    } else if (cube_->axes()[i].kind == AxisKind::kChoice) {
      // Where the two differ the choice is open, and any level may come.
      const bool is_open = known(plus[i]) != known(minus[i]) && random.uniform() < kScale;
      if (!is_open) child[i] = random.uniform() < kScale ? known(aim[i]) : from;
    } else {
      const double to = from + kScale * (known(aim[i]) - from) + kScale * (known(plus[i]) - known(minus[i]));
      child[i] = to < 0 ? from / 2 : to > 1 ? (from + 1) / 2 : to;
    }
  }
  return child;
}

}  // namespace manta::internal
