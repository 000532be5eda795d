// SPDX-License-Identifier: Apache-2.0
// A piece of the object store, and who hands them out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/result.h"

namespace manta {

class MovableBlock;

/// One object's bytes in the store. Whoever holds it keeps the bytes; what its end means (free the bytes, tell the
/// node) is its maker's business.
class StoreBlock {
 public:
  virtual ~StoreBlock() = default;
  StoreBlock(const StoreBlock&) = delete;
  StoreBlock& operator=(const StoreBlock&) = delete;

  /// Where the bytes lie in the store's memory; the object's identity while it lives.
  virtual std::uint64_t offset() const { return offset_; }
  std::size_t size() const { return size_; }
  virtual const std::byte* data() const { return data_; }
  std::span<const std::byte> bytes() const { return {data(), size_}; }
  /// For its maker, until it is shared. Null when this process may only read.
  std::byte* writable_data() const { return writable_; }
  /// This, if the bytes may leave the memory while somebody holds it; else null.
  virtual const MovableBlock* movable() const { return nullptr; }

 protected:
  StoreBlock(std::uint64_t offset, std::size_t size, const std::byte* data, std::byte* writable)
      : offset_(offset), size_(size), data_(data), writable_(writable) {}

 private:
  std::uint64_t offset_;
  std::size_t size_;
  const std::byte* data_;
  std::byte* writable_;
};
using BlockPtr = std::shared_ptr<const StoreBlock>;

/// Hands out writable blocks: the arena itself in the node's process, a leased chunk of it in a worker.
class BlockAllocator {
 public:
  virtual ~BlockAllocator() = default;
  /// Errors: kExhausted: names what was needed and what there is.
  virtual Result<BlockPtr> allocate(std::size_t size) = 0;
  /// `block`, in which `data` lies, if it is one of this store's; else null, as of null.
  virtual BlockPtr block_of(const void* data, const BlockPtr& block) const = 0;
};

}  // namespace manta
