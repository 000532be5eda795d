// SPDX-License-Identifier: Apache-2.0
#include "searchers/auto_proposer.h"

#include <algorithm>

namespace manta::internal {

AutoProposer::AutoProposer(const UnitCube& cube, std::int64_t costly_samples)
    : process_(cube, costly_samples),
      forest_(cube, costly_samples),
      tpe_(cube, TpeProposer::Fidelity::kAny, costly_samples),
      many_levelled_(static_cast<std::size_t>(std::ranges::count_if(
          cube.axes(), [](const Axis& axis) { return axis.levels == 0 || axis.levels > kFewLevels; }))),
      axes_(cube.size()) {}

UnitCube::Point AutoProposer::propose(const History& history, RandomStream& random) {
  if (history.valued() >= kMany) return tpe_.propose(history, random);
  const bool is_forests_turn = many_levelled_ == 0 && history.size() % 2 == 1;
  return is_forests_turn ? forest_.propose(history, random) : process_.propose(history, random);
}

std::string AutoProposer::describe(const History& history) const {
  const std::string many = std::to_string(kMany);
  if (history.valued() >= kMany) return "auto - tpe: " + many + " trials have a value, and it is the quickest";
  const std::string later = "; tpe once " + many + " trials have a value";
  const std::string levels = std::to_string(kFewLevels) + " values";
  if (many_levelled_ == 0 && axes_ == 1) return "auto - gp and forest in turn: the parameter has few values" + later;
  if (many_levelled_ == 0) {
    return "auto - gp and forest in turn: all " + std::to_string(axes_) + " parameters have few values" + later;
  }
  if (axes_ == 1) return "auto - gp: the parameter has more than " + levels + later;
  return "auto - gp: " + std::to_string(many_levelled_) + " of " + std::to_string(axes_) +
         " parameters have more than " + levels + later;
}

}  // namespace manta::internal
