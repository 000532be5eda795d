// SPDX-License-Identifier: Apache-2.0
#include "core/worker/worker_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "core/base/fork_guard.h"

namespace manta {
namespace {

constexpr std::size_t kAlignment = 64;  // As Arena::kAlignment: the node checks it.

constexpr std::size_t kLarge = std::size_t{1} << 20;

// Which file a descriptor stands for: its device and its number there.
std::pair<std::uint64_t, std::uint64_t> file_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

// One object's bytes. Its end means: nothing (the node pins it during the call), discard (made here, never given), or
// release (the node was told that we hold it).
class WorkerStore::Block final : public StoreBlock {
 public:
  Block(std::uint64_t offset, std::size_t size, const std::byte* data, std::byte* writable, WorkerStore* store,
        std::shared_ptr<const SharedMemory> chunk)
      : StoreBlock(offset, size, data, writable),
        store_(store),
        chunk_(std::move(chunk)),
        given_(writable == nullptr) {}

  ~Block() override {
    if (is_forked_copy()) return;
    if (chunk_) {
      const std::lock_guard lock(store_->mutex_);
      store_->made_.erase(data());
      if (size() >= kLarge) store_->close(*chunk_);
    }
    if (!given_) {
      store_->callbacks_.discard(offset(), size());
    } else if (held_) {
      store_->callbacks_.release(offset());
    }
  }

  void give() const { given_ = true; }
  bool is_given() const { return given_.load(); }
  // False if it was held already: the node counts each block once.
  bool hold() const { return !held_.exchange(true); }

 private:
  WorkerStore* store_;
  std::shared_ptr<const SharedMemory> chunk_;
  // Set by the thread that runs calls while it has a reference, read by the last holder: ordered by the count itself.
  mutable std::atomic<bool> given_;
  mutable std::atomic<bool> held_{false};
};

WorkerStore::WorkerStore(SharedMemory memory, Callbacks callbacks)
    : memory_(std::move(memory)), file_(file_of(memory_.fd())), callbacks_(std::move(callbacks)) {}

WorkerStore::~WorkerStore() = default;

Result<void> WorkerStore::change_chunk(std::size_t size) {
  if (free_.size > 0) callbacks_.discard(free_.offset, free_.size);
  free_ = {};
  is_asking_ = true;
  const Result<Range> answer = callbacks_.request(size);
  is_asking_ = false;
  MANTA_ASSIGN_OR_RETURN(const Range range, answer);
  chunk_ = size >= kLarge ? open_again(range) : nullptr;
  if (!chunk_) {
    MANTA_ASSIGN_OR_RETURN(chunk_, map(range));
    // Not of a range for many small blocks, of which this process may need few.
    if (size >= kLarge) {
      chunk_->prefault(0, size);
      keep_mapping(range, chunk_);
    }
  }
  chunk_offset_ = range.offset;
  free_ = range;
  return {};
}

Result<std::shared_ptr<const SharedMemory>> WorkerStore::map(Range range) {
  UniqueFd fd(::fcntl(memory_.fd(), F_DUPFD_CLOEXEC, 100));
  if (!fd) return system_error("dup of the object store", errno);
  // User code may have closed all files that it did not know, and opened others since.
  if (file_of(fd.get()) != file_) return Error{ErrorCode::kSystem, "the object store's file was closed by user code"};
  MANTA_ASSIGN_OR_RETURN(SharedMemory mapped,
                         SharedMemory::map(std::move(fd), range.size, SharedMemory::Access::kReadWrite, range.offset));
  mapped.close_fd();  // A process may keep thousands of arrays, but not descriptors.
  return std::make_shared<const SharedMemory>(std::move(mapped));
}

// The mapping of `range` that is kept, or null.
std::shared_ptr<const SharedMemory> WorkerStore::open_again(Range range) {
  const std::lock_guard lock(mutex_);
  for (auto it = mappings_.begin(); it != mappings_.end(); ++it) {
    if (!it->is_closed || it->range.offset != range.offset || it->range.size != range.size) continue;
    if (!it->memory->open_up()) return nullptr;
    it->is_closed = false;
    std::rotate(it, it + 1, mappings_.end());
    return mappings_.back().memory;
  }
  return nullptr;
}

void WorkerStore::keep_mapping(Range range, std::shared_ptr<const SharedMemory> memory) {
  constexpr std::size_t kKept = 8;  // More than a few processes, each of which saves its state again and again, need.
  const std::lock_guard lock(mutex_);
  if (mappings_.size() == kKept) mappings_.erase(mappings_.begin());
  mappings_.push_back({range, std::move(memory)});
}

// Called with mutex_ held.
void WorkerStore::close(const SharedMemory& memory) {
  for (Mapping& mapping : mappings_) {
    if (mapping.memory.get() != &memory) continue;
    memory.close_off();
    mapping.is_closed = true;
  }
}

Result<BlockPtr> WorkerStore::allocate(std::size_t size) {
  const std::size_t need = (std::max<std::size_t>(size, 1) + kAlignment - 1) / kAlignment * kAlignment;
  const std::lock_guard chunk_lock(chunk_mutex_);
  if (need > free_.size) MANTA_RETURN_IF_ERROR(change_chunk(need));
  std::byte* data = chunk_->data() + (free_.offset - chunk_offset_);
  auto block = std::make_shared<const Block>(free_.offset, size, data, data, this, chunk_);
  free_.offset += need;
  free_.size -= need;
  // A large block has its mapping for itself, since that ends with it.
  if (size >= kLarge && free_.size > 0) {
    callbacks_.discard(free_.offset, free_.size);
    free_ = {};
  }
  const std::lock_guard lock(mutex_);
  made_[data] = data + size;
  return BlockPtr(std::move(block));
}

BlockPtr WorkerStore::block_of(const void* data, const BlockPtr& block) const {
  const auto* at = static_cast<const std::byte*>(data);
  bool ours = at >= memory_.data() && at < memory_.data() + memory_.size();
  if (!ours) {
    const std::lock_guard lock(mutex_);
    const auto next = made_.upper_bound(at);
    ours = next != made_.begin() && at < std::prev(next)->second;
  }
  return ours ? block : nullptr;
}

BlockPtr WorkerStore::view(std::uint64_t offset, std::size_t size) const {
  // The store outlives all blocks: it lives as long as the process.
  return std::make_shared<const Block>(offset, size, memory_.data() + offset, nullptr, const_cast<WorkerStore*>(this),
                                       nullptr);
}

BlockPtr WorkerStore::view_held(std::uint64_t offset, std::size_t size) const {
  BlockPtr block = view(offset, size);
  static_cast<const Block&>(*block).hold();
  return block;
}

void WorkerStore::let_go_of_rest() {
  if (is_asking_) return;  // Then nothing is left; and it may be this very thread that asks, and waits.
  const std::unique_lock lock(chunk_mutex_, std::try_to_lock);
  if (!lock || free_.size == 0) return;
  callbacks_.discard(free_.offset, free_.size);
  free_ = {};
}

bool WorkerStore::is_given(const StoreBlock& block) { return static_cast<const Block&>(block).is_given(); }

void WorkerStore::give(const BlockPtr& block) { static_cast<const Block&>(*block).give(); }

bool WorkerStore::hold_if_used(const BlockPtr& block, long references) {
  return block.use_count() > references && static_cast<const Block&>(*block).hold();
}

}  // namespace manta
