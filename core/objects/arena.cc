// SPDX-License-Identifier: Apache-2.0
#include "core/objects/arena.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "core/base/fork_guard.h"
#include "core/base/memory_reserve.h"

namespace manta {
namespace {

// Frees its range when it goes.
class ArenaBlock final : public StoreBlock {
 public:
  ArenaBlock(std::shared_ptr<Arena> arena, std::uint64_t offset, std::size_t size, const std::byte* data,
             std::byte* writable)
      : StoreBlock(offset, size, data, writable), arena_(std::move(arena)) {}
  ~ArenaBlock() override {
    if (!is_forked_copy()) arena_->release({offset(), size()});  // A copy must not free what the original reads.
  }

 private:
  std::shared_ptr<Arena> arena_;
};

constexpr std::size_t kPage = 4096;
std::uint64_t page_before(std::uint64_t offset) { return offset / kPage * kPage; }
std::uint64_t page_after(std::uint64_t offset) { return page_before(offset + kPage - 1); }

// A number in a file of one line, or `otherwise` ("max", no such file).
std::size_t read_limit(const std::string& path, std::size_t otherwise) {
  std::ifstream file(path);
  std::size_t value = 0;
  return file >> value ? value : otherwise;
}

}  // namespace

Arena::Arena(SharedMemory memory, SharedMemory view, std::size_t warm)
    : memory_(std::move(memory)), view_(std::move(view)), warm_(warm) {
  free_[0] = memory_.size();
}

Result<std::shared_ptr<Arena>> Arena::create(std::size_t capacity, std::size_t warm) {
  const std::size_t whole_pages = std::max(kPage, capacity / kPage * kPage);
  MANTA_ASSIGN_OR_RETURN(SharedMemory memory, SharedMemory::create("manta-store", whole_pages));
  MANTA_ASSIGN_OR_RETURN(SharedMemory view, memory.view());
  return std::shared_ptr<Arena>(new Arena(std::move(memory), std::move(view), warm));
}

Result<Arena::Range> Arena::reserve(std::size_t size, std::size_t alignment) {
  const MemoryReserve::Use memory;
  const std::lock_guard lock(mutex_);
  // More than there ever is would overflow when rounded.
  const std::size_t need = size <= memory_.size() ? round_up(std::max<std::size_t>(size, 1)) : size;
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    const std::uint64_t start = (it->first + alignment - 1) / alignment * alignment;
    const std::uint64_t end = it->first + it->second;
    if (start > end || need > end - start) continue;
    const std::uint64_t before = start - it->first;
    if (before > 0) it->second = before;
    if (start + need < end) free_[start + need] = end - start - need;
    if (before == 0) free_.erase(it);
    used_ += need;
    ++activity_;
    touched_end_ = std::max(touched_end_, start + need);
    return Range{start, need};
  }
  return Error{ErrorCode::kExhausted, "object store: no room for " + std::to_string(need) + " bytes; " +
                                          std::to_string(used_) + " of " + std::to_string(memory_.size()) +
                                          " are in use. Let go of references, or raise Options::object_store_bytes"};
}

void Arena::release(Range range) {
  take_back(range);
  if (on_release_) on_release_();
}

void Arena::take_back(Range range) {
  const MemoryReserve::Use memory;
  const std::size_t size = round_up(std::max<std::size_t>(range.size, 1));
  const std::lock_guard lock(mutex_);
  auto [it, inserted] = free_.emplace(range.offset, size);
  MANTA_CHECK(inserted, "a range of the object store was freed twice");
  used_ -= size;
  ++activity_;
  if (const auto next = std::next(it); next != free_.end() && it->first + it->second == next->first) {
    it->second += next->second;
    free_.erase(next);
  }
  if (it != free_.begin()) {
    if (const auto previous = std::prev(it); previous->first + previous->second == it->first) {
      previous->second += it->second;
      free_.erase(it);
      it = previous;
    }
  }
  discard_cold(*it, {range.offset, size});
}

// `returned` has just become a part of the free range `around`.
void Arena::discard_cold(const std::pair<const std::uint64_t, std::size_t>& around, Range returned) {
  if (touched_end_ - used_ <= warm_) return;
  const std::uint64_t end = around.first + around.second;
  // A page that others have a part of stays until the last of them returns.
  std::uint64_t first = std::max(page_after(around.first), page_before(returned.offset));
  std::uint64_t last = std::min(page_before(end), page_after(returned.offset + returned.size));
  if (end >= touched_end_) {
    // Nobody has anything behind: all free pages go from the last one down, until `warm_` bytes of them are left.
    first = std::max(page_after(around.first), page_before(used_ + warm_));
    last = page_after(touched_end_);
    touched_end_ = std::min(touched_end_, first);
  }
  if (last > first) memory_.discard(first, last - first);
}

void Arena::trim() {
  for (std::uint64_t offset = 0; offset < capacity();) offset = trim_from(offset);
}

// Trims the first free range at or behind `offset`, but so little that nobody waits for long. Returns where to go on.
std::uint64_t Arena::trim_from(std::uint64_t offset) {
  constexpr std::uint64_t kStep = std::uint64_t{16} << 20;
  const std::lock_guard lock(mutex_);
  auto it = free_.upper_bound(offset);
  if (it != free_.begin() && std::prev(it)->first + std::prev(it)->second > offset) --it;
  if (it == free_.end() || it->first >= touched_end_) return capacity();
  const std::uint64_t end = it->first + it->second;
  const std::uint64_t first = page_after(std::max(it->first, offset));
  const std::uint64_t last = std::min({page_before(end), page_after(touched_end_), first + kStep});
  if (last > first) memory_.discard(first, last - first);
  if (last == first + kStep) return last;
  if (end == capacity()) touched_end_ = std::min(touched_end_, page_after(it->first));
  return end;
}

std::size_t Arena::untrimmed() const {
  const std::lock_guard lock(mutex_);
  return touched_end_ - used_;
}

std::uint64_t Arena::activity() const {
  const std::lock_guard lock(mutex_);
  return activity_;
}

Result<BlockPtr> Arena::allocate(std::size_t size) {
  const MemoryReserve::Use memory;  // What is reserved gets its owner.
  MANTA_ASSIGN_OR_RETURN(const Range range, reserve(size));
  return block_at(range.offset, size);
}

BlockPtr Arena::adopt(std::uint64_t offset, std::size_t size) {
  const MemoryReserve::Use memory;
  return block_at(offset, size);
}

BlockPtr Arena::block_at(std::uint64_t offset, std::size_t size) {
  return std::make_shared<ArenaBlock>(shared_from_this(), offset, size, view_.data() + offset, memory_.data() + offset);
}

BlockPtr Arena::block_of(const void* data, const BlockPtr& block) const {
  const auto* at = static_cast<const std::byte*>(data);
  if (at < view_.data() || at >= view_.data() + view_.size()) return nullptr;
  return block;
}

std::size_t Arena::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::size_t default_store_capacity() {
  const auto pages = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  std::size_t memory = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  memory = std::min(memory, read_limit("/sys/fs/cgroup/memory.max", memory));
  memory = std::min(memory, read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes", memory));
  return memory / 10 * 3;
}

}  // namespace manta
