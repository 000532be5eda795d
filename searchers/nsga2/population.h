// SPDX-License-Identifier: Apache-2.0
// Who of all trials breeds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
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

/// The survivors of all generations so far: of the trials in the order of the history, as many make a generation as
/// survive it.
///
/// What took part in a generation depends on what had ended when members() came to it, so a copy has to be told:
/// to_json() and load(). Thread-safety: none.
class Population {
 public:
  explicit Population(std::size_t size) : size_(size) {}

  std::size_t size() const { return size_; }
  /// The best of the survivors and of whatever has ended or reported since, size() at most; best first. Trials without
  /// all objectives take no part; those that break a constraint on metrics come behind all that break none.
  /// O(size² m) where it is asked for each trial, with m objectives.
  std::vector<PopulationMember> members(const History& history);

  std::string to_json() const;
  /// False: not what to_json() gives; nothing has changed.
  bool load(std::string_view json);

 private:
  void take_generation(const History& history);

  std::size_t size_;
  std::size_t taken_ = 0;               // So many trials of the history belong to generations that are over.
  std::vector<std::size_t> survivors_;  // Of them, by place.
  std::vector<std::size_t> awaited_;    // Those of them that had not ended.
};

}  // namespace manta::internal
