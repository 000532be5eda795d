// SPDX-License-Identifier: Apache-2.0
// What others see of the store; object_store_thread.cc has the thread that makes room.
#include "core/objects/object_store.h"

#include <future>

#include "core/base/byte_text.h"
#include "core/base/no_memory.h"
#include "core/base/start_thread.h"

namespace manta {
namespace {

const Error& closed_error() {
  static const Error error{ErrorCode::kCancelled, "the runtime was shut down"};
  return error;
}

}  // namespace

ObjectStore::ObjectStore(Options options, std::shared_ptr<Arena> arena)
    : options_(std::move(options)),
      arena_(std::move(arena)),
      directory_(options_.spill_parent.empty()
                     ? nullptr
                     : std::make_shared<SpillDirectory>(options_.spill_parent, options_.spill_limit)) {
  arena_->on_release([signal = signal_] { signal->tell_listener(); });
  if (directory_) directory_->defer_removal([signal = signal_] { signal->tell(); });
}

Result<std::shared_ptr<ObjectStore>> ObjectStore::open(Options options) {
  MANTA_ASSIGN_OR_RETURN(std::shared_ptr<Arena> arena, Arena::create(options.capacity, options.warm_bytes));
  if (!options.spill_parent.empty()) SpillDirectory::sweep(options.spill_parent);
  return std::shared_ptr<ObjectStore>(new ObjectStore(std::move(options), std::move(arena)));
}

ObjectStore::~ObjectStore() { close(); }

void ObjectStore::close() {
  const MemoryReserve::Use reserve;
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    thread = std::move(thread_);
  }
  signal_->tell();
  join_or_leave(thread);
  refuse_all(closed_error());
  if (directory_) {
    directory_->defer_removal(nullptr);
    directory_->reap();
  }
}

TimePoint ObjectStore::deadline() const { return std::chrono::steady_clock::now() + options_.room_timeout; }

// Errors: kCancelled: the store is closed; kSystem: there is no thread for it.
template <class Request>
Result<void> ObjectStore::enqueue(std::deque<Request>& queue, Request request) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return closed_error();
    MANTA_RETURN_IF_ERROR(start_thread());
    queue.push_back(std::move(request));
    ++waiting_;
  }
  signal_->tell();
  return {};
}

Result<void> ObjectStore::start_thread() {
  if (thread_.joinable()) return {};
  MANTA_ASSIGN_OR_RETURN(thread_, manta::start_thread([this] { serve(); }));
  return {};
}

// The thread gives free pages back later; without it there is none who does, until the next object comes. What is
// smaller is found with what is larger.
void ObjectStore::expect_free_pages(std::size_t size) {
  constexpr std::size_t kWorthIt = std::size_t{64} << 10;
  if (size < kWorthIt || !can_wait()) return;
  const std::lock_guard lock(mutex_);
  if (!closed_) static_cast<void>(start_thread());
}

Result<BlockPtr> ObjectStore::allocate(std::size_t size) {
  expect_free_pages(size);
  Result<BlockPtr> block = arena_->allocate(size);
  if (block || size > arena_->capacity() || !can_wait()) return block;
  const auto room = std::make_shared<std::promise<Result<Arena::Range>>>();
  std::future<Result<Arena::Range>> outcome = room->get_future();
  reserve(size, Arena::kAlignment, [room](Result<Arena::Range> range) { room->set_value(std::move(range)); });
  MANTA_ASSIGN_OR_RETURN(const Arena::Range range, outcome.get());
  return arena_->adopt(range.offset, size);
}

void ObjectStore::reserve(std::size_t size, std::size_t alignment, const OnRoom& on_room) {
  expect_free_pages(size);
  Result<Arena::Range> range = arena_->reserve(size, alignment);
  if (range || size > arena_->capacity() || !can_wait()) return on_room(std::move(range));
  if (const auto queued = enqueue(new_rooms_, RoomRequest{size, alignment, deadline(), on_room}); !queued)
    on_room(queued.error());
}

void ObjectStore::index(const BlockPtr& block, const std::shared_ptr<const MovableBlock>& movable) {
  if (movables_.size() >= forget_at_) {
    std::erase_if(movables_, [](const auto& entry) { return entry.second.expired(); });
    constexpr std::size_t kLeast = 64;
    forget_at_ = std::max(kLeast, 2 * movables_.size());
  }
  movables_.insert_or_assign(block->offset(), movable);  // Whatever was there is not there any more.
}

BlockPtr ObjectStore::keep(BlockPtr block) {
  if (!block || block->movable() != nullptr) return block;
  const std::lock_guard lock(mutex_);
  if (const auto it = movables_.find(block->offset()); it != movables_.end()) {
    // Where an object was that is gone, this one may be.
    std::shared_ptr<const MovableBlock> known = it->second.lock();
    if (known && known->has(*block)) return known;
  }
  if (can_wait() && !closed_) static_cast<void>(start_thread());  // It gives free pages back.
  const auto kept = with_memory("an entry", [&] {
    auto movable = std::make_shared<const MovableBlock>(block);
    index(block, movable);
    return BlockPtr(std::move(movable));
  });
  return kept ? *kept : block;  // Without memory for an entry it stays where it is.
}

void ObjectStore::hold(Blocks blocks, const OnHeld& on_held) {
  Blocks held;
  for (const BlockPtr& block : blocks) {
    BlockPtr there = resident(block);
    if (!there) break;
    held.push_back(std::move(there));
  }
  if (held.size() == blocks.size()) return on_held(std::move(held));
  held.clear();
  if (const auto queued = enqueue(new_holds_, HoldRequest{std::move(blocks), {}, deadline(), on_held}); !queued)
    on_held(queued.error());
}

void ObjectStore::recover(const BlockPtr& lost, Result<BlockPtr> bytes) {
  const MemoryReserve::Use reserve;
  const MovableBlock& movable = *lost->movable();
  if (bytes) {
    movable.set_copy({});
    movable.put_back(*bytes);
    const std::lock_guard lock(mutex_);
    index(*bytes, std::static_pointer_cast<const MovableBlock>(lost));
  } else {
    movable.set_error(bytes.error());
  }
  signal_->tell();
}

ObjectStore::Movables ObjectStore::in_memory() const {
  Movables known;  // Outlives the lock: the end of the last holder of an object may do anything.
  const std::lock_guard lock(mutex_);
  known.reserve(movables_.size());
  for (const auto& [offset, weak] : movables_)
    if (auto movable = weak.lock()) known.push_back(std::move(movable));
  return known;
}

// Those that could leave now.
ObjectStore::Movables ObjectStore::idle_blocks() const {
  Movables idle = in_memory();
  std::erase_if(idle, [](const auto& movable) { return !movable->is_idle(); });
  return idle;
}

ObjectStore::Usage ObjectStore::usage() const {
  Usage usage{.capacity = arena_->capacity(),
              .used = arena_->used(),
              .idle = 0,
              .spilled = directory_ ? directory_->bytes() : 0,
              .waiting = waiting_.load()};
  for (const auto& movable : idle_blocks()) usage.idle += movable->size();
  return usage;
}

}  // namespace manta
