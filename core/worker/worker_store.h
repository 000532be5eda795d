// SPDX-License-Identifier: Apache-2.0
// The object store as a worker sees it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/objects/store_block.h"
#include "core/shm/shared_memory.h"

namespace manta {

/// Reads all of the store, writes into ranges that the node lends it, one after the other.
///
/// Thread-safety: any method, on any thread; allocate() waits for the node at times.
class WorkerStore : public BlockAllocator {
 public:
  /// A range to fill.
  struct Range {
    std::uint64_t offset = 0;
    std::size_t size = 0;
  };
  /// What the store tells the node. All are called on the thread that causes them.
  struct Callbacks {
    std::function<Result<Range>(std::size_t)> request;        ///< Waits for a range of at least this size.
    std::function<void(std::uint64_t, std::size_t)> discard;  ///< A range will not become an object.
    std::function<void(std::uint64_t)> release;               ///< A held object is let go of.
  };

  /// `memory` is the whole store, mapped for reading; its descriptor is kept for mapping ranges.
  WorkerStore(SharedMemory memory, Callbacks callbacks);
  ~WorkerStore() override;

  std::size_t capacity() const { return memory_.size(); }

  Result<BlockPtr> allocate(std::size_t size) override;
  BlockPtr block_of(const void* data, const BlockPtr& block) const override;

  /// An object of the node's, for the time of a call.
  BlockPtr view(std::uint64_t offset, std::size_t size) const;
  /// An object that the node has been told to keep for this process, until the view goes.
  BlockPtr view_held(std::uint64_t offset, std::size_t size) const;
  /// What is left of the current range goes back, unless somebody is about to use it.
  void let_go_of_rest();
  /// Whether `block`, of this store, is the node's.
  static bool is_given(const StoreBlock& block);
  /// The result lies in `block` and is the node's from now on.
  static void give(const BlockPtr& block);
  /// True if somebody besides the caller holds `block` and the node does not know it yet: it is then to be told to keep
  /// the block, and the block's end will be told to it. `references` is how many the caller has.
  static bool hold_if_used(const BlockPtr& block, long references);

 private:
  class Block;

  // A writable mapping of a range with one large block.
  struct Mapping {
    Range range;
    std::shared_ptr<const SharedMemory> memory;
    bool is_closed = false;  // The block has gone: nothing may touch it.
  };

  Result<void> change_chunk(std::size_t size);
  Result<std::shared_ptr<const SharedMemory>> map(Range range);
  std::shared_ptr<const SharedMemory> open_again(Range range);
  void keep_mapping(Range range, std::shared_ptr<const SharedMemory> memory);
  void close(const SharedMemory& memory);

  const SharedMemory memory_;
  const std::pair<std::uint64_t, std::uint64_t> file_;
  const Callbacks callbacks_;

  std::mutex chunk_mutex_;                     // Guards the chunk; held while the node is asked for another.
  std::shared_ptr<const SharedMemory> chunk_;  // The writable mapping of the current range.
  Range free_;                                 // What is left of it.
  std::atomic<bool> is_asking_{false};         // The node has been asked for another.
  std::uint64_t chunk_offset_ = 0;

  mutable std::mutex mutex_;                           // Guards what follows.
  std::map<const std::byte*, const std::byte*> made_;  // Writable blocks: begin to end.
  // To be used again when the node lends the same range again, as it does soon: to map the pages of a large one costs
  // more than to fill them. Oldest first.
  std::vector<Mapping> mappings_;
};

}  // namespace manta
