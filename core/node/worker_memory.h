// SPDX-License-Identifier: Apache-2.0
// What one worker has of the object store.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "core/objects/arena.h"

namespace manta {

/// Ranges that the worker may fill, and objects that it holds. All of it returns to the arena when this goes.
///
/// Thread-safety: none.
class WorkerMemory {
 public:
  static constexpr std::size_t kPage = 4096;  ///< What is lent are whole pages of this size.

  explicit WorkerMemory(std::shared_ptr<Arena> arena) : arena_(std::move(arena)) {}
  ~WorkerMemory();
  WorkerMemory(const WorkerMemory&) = delete;
  WorkerMemory& operator=(const WorkerMemory&) = delete;

  /// Lends a range of at least `size` bytes.
  /// Errors: kExhausted.
  Result<Arena::Range> lend(std::size_t size);
  /// Lends a range that was reserved for it, as lend() would: whole pages.
  void lend(Arena::Range range) { lent_[range.offset] = range.size; }
  /// What lend() needs at least for `size` bytes.
  static std::size_t least_room(std::size_t size);
  /// The object that the worker made at `offset`; null if it has no such range: the worker wrote nonsense.
  BlockPtr adopt(std::uint64_t offset, std::size_t size);
  /// Takes an unused part of a range back. False: nonsense.
  bool take_back(std::uint64_t offset, std::size_t size);

  /// The worker goes on holding `block` after the call that gave it.
  void hold(BlockPtr block);
  /// The worker lets go of what it held at `offset`, once. False: nonsense.
  bool release(std::uint64_t offset);
  /// Nothing of the store is lent to the worker, nor held for it.
  bool empty() const { return lent_.empty() && held_.empty(); }
  /// What the worker holds at `offset`, or null.
  BlockPtr held(std::uint64_t offset) const;

 private:
  // Cuts [offset, offset + size) out of the ranges lent.
  bool cut(std::uint64_t offset, std::size_t size);

  std::shared_ptr<Arena> arena_;
  std::map<std::uint64_t, std::size_t> lent_;  // Offset to size, without what was adopted or taken back.
  std::map<std::uint64_t, std::pair<BlockPtr, int>> held_;
};

}  // namespace manta
