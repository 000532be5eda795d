// SPDX-License-Identifier: Apache-2.0
#include "core/node/worker_memory.h"

#include <algorithm>

namespace manta {
namespace {

// A worker asks seldom when it gets much at once; a large object gets what it needs.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

WorkerMemory::~WorkerMemory() {
  for (const auto& [offset, size] : lent_) arena_->release({offset, size});
}

Result<Arena::Range> WorkerMemory::lend(std::size_t size) {
  if (size > arena_->capacity()) return arena_->reserve(size);  // Its error says how much there is.
  // Whole pages: the worker maps its range, and nothing else, for writing.
  const std::size_t least = least_room(size);
  Result<Arena::Range> range = arena_->reserve(std::max(least, kChunkBytes), kPage);
  if (!range && least < kChunkBytes) range = arena_->reserve(least, kPage);
  if (range) lent_[range->offset] = range->size;
  return range;
}

std::size_t WorkerMemory::least_room(std::size_t size) { return round_up(std::max<std::size_t>(size, 1), kPage); }

bool WorkerMemory::cut(std::uint64_t offset, std::size_t size) {
  auto it = lent_.upper_bound(offset);
  if (it == lent_.begin()) return false;
  --it;
  const std::uint64_t start = it->first;
  const std::uint64_t end = start + it->second;
  if (size == 0 || offset > end || size > end - offset) return false;
  if (offset > start) it->second = offset - start;
  if (offset + size < end) lent_[offset + size] = end - offset - size;
  if (offset == start) lent_.erase(it);
  return true;
}

BlockPtr WorkerMemory::adopt(std::uint64_t offset, std::size_t size) {
  if (offset % Arena::kAlignment != 0 || !cut(offset, round_up(size, Arena::kAlignment))) return nullptr;
  return arena_->adopt(offset, size);
}

bool WorkerMemory::take_back(std::uint64_t offset, std::size_t size) {
  const std::size_t rounded = round_up(size, Arena::kAlignment);
  if (offset % Arena::kAlignment != 0 || !cut(offset, rounded)) return false;
  arena_->release({offset, rounded});
  return true;
}

void WorkerMemory::hold(BlockPtr block) {
  auto& [held, count] = held_[block->offset()];
  held = std::move(block);
  ++count;
}

bool WorkerMemory::release(std::uint64_t offset) {
  const auto it = held_.find(offset);
  if (it == held_.end()) return false;
  if (--it->second.second == 0) held_.erase(it);
  return true;
}

BlockPtr WorkerMemory::held(std::uint64_t offset) const {
  const auto it = held_.find(offset);
  return it == held_.end() ? nullptr : it->second.first;
}

}  // namespace manta
