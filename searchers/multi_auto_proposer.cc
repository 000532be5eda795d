// SPDX-License-Identifier: Apache-2.0
#include "searchers/multi_auto_proposer.h"

#include "searchers/internal/goal_losses.h"

namespace manta::internal {

MultiAutoProposer::MultiAutoProposer(const UnitCube& cube, std::size_t objectives, std::size_t constraints,
                                     std::int64_t costly_samples)
    : process_(cube, objectives, constraints, costly_samples),
      tpe_(cube, TpeProposer::Fidelity::kAny, costly_samples),
      parameters_(cube.size()) {}

bool MultiAutoProposer::is_for_processes(const History& history) const {
  return history.objectives() <= kFew && complete_places(history).size() < kMany;
}

UnitCube::Point MultiAutoProposer::propose(const History& history, RandomStream& random) {
  return is_for_processes(history) ? process_.propose(history, random) : tpe_.propose(history, random);
}

std::string MultiAutoProposer::describe(const History& history) const {
  const std::string metrics = std::to_string(history.objectives()) + " metrics";
  const std::string many = std::to_string(kMany) + " trials have all metrics";
  if (history.objectives() > kFew) return "auto - tpe: " + metrics + ", and gp is good for " + std::to_string(kFew);
  if (!is_for_processes(history)) return "auto - tpe: " + many + ", and it is the quickest";
  return "auto - gp: " + metrics + " over " + std::to_string(parameters_) +
         (parameters_ == 1 ? " parameter" : " parameters") + "; tpe once " + many;
}

}  // namespace manta::internal
