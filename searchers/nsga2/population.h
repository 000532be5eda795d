// SPDX-License-Identifier: Apache-2.0
// Who of all trials breeds.
#pragma once

#include <cstddef>
#include <vector>

#include "searchers/internal/history.h"

namespace manta::internal {

/// A trial of the population, and how it compares: the smaller rank first, then the larger crowding distance.
struct PopulationMember {
  std::size_t place = 0;  ///< In the history.
  std::size_t rank = 0;
  double crowding = 0;

  bool is_before(const PopulationMember& other) const {
    return rank != other.rank ? rank < other.rank : crowding > other.crowding;
  }
};

/// The `size` members that are left when the trials of `history` come by in generations of as many, each with the
/// survivors of those before; best first. Those without all objectives take no part; those that break a constraint on
/// metrics come behind all that break none. Depends on nothing but `history`.
std::vector<PopulationMember> population_of(const History& history, std::size_t size);

}  // namespace manta::internal
