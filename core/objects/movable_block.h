// SPDX-License-Identifier: Apache-2.0
// An object's bytes that may leave the memory while nobody reads them.
#pragma once

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/objects/codec.h"
#include "core/objects/spill_directory.h"
#include "core/objects/store_block.h"

namespace manta {

/// Stands for bytes whoever has them now: a block of the store, or a file. Whoever reads them holds the block that
/// resident() gives: it stays where it is for as long.
///
/// The value never changes, so all of this is const: only where the bytes are changes.
///
/// Thread-safety: any method, from any thread.
class MovableBlock final : public StoreBlock {
 public:
  explicit MovableBlock(BlockPtr block);

  const MovableBlock* movable() const override { return this; }
  /// Both only while somebody holds what resident() gave.
  std::uint64_t offset() const override;
  const std::byte* data() const override;

  /// The block that has the bytes; null: they are away. This is a use of them.
  BlockPtr resident() const;
  /// As resident(), but no use.
  BlockPtr peek() const;
  /// Whether `block` has the bytes.
  bool has(const StoreBlock& block) const;
  /// They are in memory, and nobody holds the block.
  bool is_idle() const;
  TimePoint last_used() const;

  /// Gives the block up if nobody holds it: the end of what this returns frees the memory. Else null.
  BlockPtr take_if_idle() const;
  /// They are in memory again.
  void put_back(BlockPtr block) const;

  /// For when there is no store any more: reads them from their file, to stay.
  /// Errors: kObjectLost.
  Result<BlockPtr> bring_to_heap() const;

  /// Where they lie besides, or instead.
  std::optional<SpilledBytes> copy() const;
  void set_copy(std::optional<SpilledBytes> copy) const;

  /// Why they are gone for good, if they are.
  std::optional<Error> error() const;
  void set_error(std::optional<Error> error) const;

 private:
  mutable std::mutex mutex_;  // Guards all that follows.
  mutable BlockPtr block_;
  mutable TimePoint last_used_;
  mutable std::optional<SpilledBytes> copy_;
  mutable std::optional<Error> error_;
};

/// Those of a value: first the one that has its bytes, if any, then those that it refers to.
inline std::vector<BlockPtr> blocks_of(const EncodedValue& value) {
  std::vector<BlockPtr> blocks;
  for_each_block(value, [&](const BlockPtr& block) { blocks.push_back(block); });
  return blocks;
}

/// The block that has the bytes of `block` now; null: they are away.
inline BlockPtr resident(const BlockPtr& block) {
  const MovableBlock* movable = block->movable();
  return movable != nullptr ? movable->resident() : block;
}

}  // namespace manta
