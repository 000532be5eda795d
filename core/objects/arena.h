// SPDX-License-Identifier: Apache-2.0
// The node's shared memory for objects, and its allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "core/objects/store_block.h"
#include "core/shm/shared_memory.h"

namespace manta {

/// One memfd, mapped by each process of the node. Its free list lives here, in the node's process only, so no
/// worker can damage it.
///
/// Here it is mapped twice: blocks are filled through the one mapping, and read through the other, which cannot be
/// written.
///
/// Freed ranges are used again lowest first: their pages are already there, which makes a put many times faster than
/// into fresh ones. Beyond `warm` bytes of free pages, they go back to the system, the highest first.
///
/// Thread-safety: any method, from any thread.
class Arena : public BlockAllocator, public std::enable_shared_from_this<Arena> {
 public:
  /// A range of the arena.
  struct Range {
    std::uint64_t offset = 0;
    std::size_t size = 0;
  };

  static constexpr std::size_t kAlignment = 64;  ///< Of every range; a cache line, and enough for any SIMD type.

  /// `capacity` bytes; pages are used only when written.
  /// Errors: kSystem.
  static Result<std::shared_ptr<Arena>> create(std::size_t capacity, std::size_t warm);

  /// A block that frees its bytes when its last holder lets go.
  /// Errors: kExhausted.
  Result<BlockPtr> allocate(std::size_t size) override;
  BlockPtr block_of(const void* data, const BlockPtr& block) const override;

  /// Takes a range for a worker to fill; give every byte of it back by release() or adopt() in the end.
  /// Errors: kExhausted.
  Result<Range> reserve(std::size_t size, std::size_t alignment = kAlignment);
  void release(Range range);
  /// Has the system give `range` its pages now, to this process.
  void populate(Range range) const { memory_.populate(range.offset, range.size); }
  /// A block over bytes of a reserved range that a worker has filled.
  BlockPtr adopt(std::uint64_t offset, std::size_t size);

  /// Called whenever bytes have become free, on the thread that freed them; it must be short and take no lock that is
  /// held where blocks end. Set before there are any.
  void on_release(std::function<void()> callback) { on_release_ = std::move(callback); }

  /// Gives back to the system all pages that nobody has a part of, also those within `warm`.
  void trim();
  /// How many pages, in bytes, trim() may find.
  std::size_t untrimmed() const;
  /// Changes with every range that is taken or freed.
  std::uint64_t activity() const;

  std::size_t capacity() const { return memory_.size(); }
  std::size_t used() const;
  int fd() const { return memory_.fd(); }

 private:
  Arena(SharedMemory memory, SharedMemory view, std::size_t warm);

  BlockPtr block_at(std::uint64_t offset, std::size_t size);

  void take_back(Range range);
  std::uint64_t trim_from(std::uint64_t offset);
  void discard_cold(const std::pair<const std::uint64_t, std::size_t>& around, Range returned);

  static std::size_t round_up(std::size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

  const SharedMemory memory_;
  const SharedMemory view_;  // The same, for readers.
  const std::size_t warm_;
  std::function<void()> on_release_;

  mutable std::mutex mutex_;                   // Guards all that follows.
  std::map<std::uint64_t, std::size_t> free_;  // Offset to size; neighbours are merged.
  std::size_t used_ = 0;
  std::uint64_t activity_ = 0;
  std::uint64_t touched_end_ = 0;  // No page beyond it is in use by the system; nothing beyond it is taken.
};

/// Bytes of memory that the node's store may take by default: 30 % of what this process may use.
std::size_t default_store_capacity();

}  // namespace manta
