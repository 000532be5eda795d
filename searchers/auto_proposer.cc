// SPDX-License-Identifier: Apache-2.0
#include "searchers/auto_proposer.h"

#include <algorithm>
#include <cstdint>

namespace manta::internal {

namespace {

constexpr std::int64_t kFewLevels = 20;

}  // namespace

AutoProposer::AutoProposer(const UnitCube& cube)
    : process_(cube), forest_(cube), tpe_(cube), has_few_levels_(std::ranges::all_of(cube.axes(), [](const Axis& axis) {
        return axis.levels > 0 && axis.levels <= kFewLevels;
      })) {}

UnitCube::Point AutoProposer::propose(const History& history, RandomStream& random) {
  if (history.valued() >= kMany) return tpe_.propose(history, random);
  const bool is_forests_turn = has_few_levels_ && history.size() % 2 == 1;
  return is_forests_turn ? forest_.propose(history, random) : process_.propose(history, random);
}

}  // namespace manta::internal
