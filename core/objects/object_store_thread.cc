// SPDX-License-Identifier: Apache-2.0
// The thread that makes room in the store and brings back what left it.
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "core/base/byte_text.h"
#include "core/base/memory_reserve.h"
#include "core/objects/object_store.h"

namespace manta {
namespace {

constexpr std::size_t kGroupBytes = std::size_t{4} << 20;  // Small objects share a file of about this size.

std::string patience_text(Duration patience) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s" : std::to_string(milliseconds) + " ms";
}

}  // namespace

void ObjectStore::serve() {
  const MemoryReserve::Use reserve;
  // Writing beyond RLIMIT_FSIZE is to fail, not to end the program.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::pthread_setname_np(::pthread_self(), "manta-store");
  for (;;) {
    const std::uint64_t seen = signal_->count();
    if (!take_requests()) return;
    if (directory_) directory_->reap();
    signal_->listen(!rooms_.empty() || !holds_.empty());  // Before looking: what is freed from now on is told.
    const std::size_t for_holds = serve_holds();
    const std::size_t for_rooms = serve_rooms();
    const std::size_t need = for_holds > 0 ? for_holds : for_rooms;
    if (need > 0 && make_room(need, for_holds > 0) > 0) {
      pause_ = Duration::zero();
      continue;
    }
    expire(std::chrono::steady_clock::now());
    if (need > 0 && on_pressure_) on_pressure_();
    wait_for_change(seen);
  }
}

// False: the store is closed.
bool ObjectStore::take_requests() {
  const std::lock_guard lock(mutex_);
  std::move(new_rooms_.begin(), new_rooms_.end(), std::back_inserter(rooms_));
  std::move(new_holds_.begin(), new_holds_.end(), std::back_inserter(holds_));
  new_rooms_.clear();
  new_holds_.clear();
  return !closed_;
}

// Nobody tells when a reader in this process lets go of its view: while somebody waits, it is looked for that.
void ObjectStore::wait_for_change(std::uint64_t seen) {
  if (rooms_.empty() && holds_.empty()) return rest(seen);
  constexpr Duration kShortest = std::chrono::milliseconds(1);
  constexpr Duration kLongest = std::chrono::milliseconds(50);
  pause_ = std::clamp(2 * pause_, kShortest, kLongest);
  signal_->wait(seen, std::chrono::steady_clock::now() + pause_);
}

// Until somebody wants something. Meanwhile pages that are free for a while go back to the system: at once would make
// the next put slow.
void ObjectStore::rest(std::uint64_t seen) {
  constexpr std::size_t kLittle = std::size_t{4} << 20;
  const auto can_trim = [&] { return arena_->activity() != trimmed_at_ && arena_->untrimmed() > kLittle; };
  if (!can_trim()) {
    signal_->listen(true);
    if (!can_trim()) signal_->wait(seen, TimePoint::max());
    return signal_->listen(false);
  }
  const std::uint64_t activity = arena_->activity();
  signal_->wait(seen, std::chrono::steady_clock::now() + options_.trim_after);
  if (signal_->count() != seen || arena_->activity() != activity) return;
  arena_->trim();
  trimmed_at_ = activity;
}

// Oldest first; who came later and fits goes on. Returns the room that the first one lacks, 0: none.
std::size_t ObjectStore::serve_rooms() {
  std::size_t lacks = 0;
  for (auto it = rooms_.begin(); it != rooms_.end();) {
    Result<Arena::Range> range = arena_->reserve(it->size, it->alignment);
    if (!range) {
      if (lacks == 0) lacks = it->size;
      ++it;
      continue;
    }
    const OnRoom on_room = std::move(it->on_room);
    it = rooms_.erase(it);
    --waiting_;
    on_room(std::move(range));
  }
  return lacks;
}

// Only the oldest keeps what it has while it waits for the rest: two could wait for each other.
std::size_t ObjectStore::serve_holds() {
  std::size_t lacks = 0;
  bool is_first = true;
  for (auto it = holds_.begin(); it != holds_.end();) {
    std::size_t need = 0;
    std::optional<Result<Blocks>> outcome = try_hold(*it, need);
    if (outcome) {
      const OnHeld on_held = std::move(it->on_held);
      it = holds_.erase(it);
      --waiting_;
      on_held(std::move(*outcome));
      continue;
    }
    if (lacks == 0) lacks = need;
    if (need == 0) it->deadline = deadline();  // It waits for what is made anew, however long that takes.
    if (!std::exchange(is_first, false)) it->held.clear();
    ++it;
  }
  return lacks;
}

// None: it has to wait, for `lacks` bytes; or, if that is 0, for an object that is made anew.
std::optional<Result<ObjectStore::Blocks>> ObjectStore::try_hold(HoldRequest& request, std::size_t& lacks) {
  while (request.held.size() < request.blocks.size()) {
    const BlockPtr& block = request.blocks[request.held.size()];
    Result<BlockPtr> there = resident(block);
    if (!*there) there = bring_back(std::static_pointer_cast<const MovableBlock>(block), lacks);
    if (!there) return there.error();
    if (!*there) return std::nullopt;
    request.held.push_back(std::move(*there));
  }
  return std::move(request.held);
}

// Null: not now, as in try_hold().
Result<BlockPtr> ObjectStore::bring_back(const std::shared_ptr<const MovableBlock>& movable, std::size_t& lacks) {
  if (const auto error = movable->error()) return *error;
  const std::optional<SpilledBytes> copy = movable->copy();
  if (!copy) return BlockPtr();
  const Result<BlockPtr> room = arena_->allocate(movable->size());
  if (!room) {
    lacks = movable->size();
    return BlockPtr();
  }
  if (const auto read = copy->read({(*room)->writable_data(), (*room)->size()}); !read) {
    movable->set_copy({});
    const Result<void> awaited = on_lost_ ? on_lost_(movable, read.error()) : read;
    if (awaited) return BlockPtr();
    movable->set_error(awaited.error());
    return awaited.error();
  }
  movable->put_back(*room);
  const std::lock_guard lock(mutex_);
  index(*room, movable);
  return *room;
}

// Lets the longest unused objects go, and a few more than needed, so that not every put comes here. Returns how many
// bytes have become free.
std::size_t ObjectStore::make_room(std::size_t need, bool for_hold) {
  Movables idle = idle_blocks();
  if (!directory_ || idle.empty()) return 0;
  std::vector<std::pair<TimePoint, std::shared_ptr<const MovableBlock>>> by_age;
  for (auto& movable : idle) by_age.emplace_back(movable->last_used(), std::move(movable));
  std::sort(by_age.begin(), by_age.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::size_t goal = for_hold ? need : std::max(need, arena_->capacity() / 32);
  std::size_t freed = 0;
  Movables group;
  std::size_t group_bytes = 0;
  for (auto& [used, movable] : by_age) {
    if (freed + group_bytes >= goal) break;
    if (movable->copy()) {
      freed += drop({movable});
      continue;
    }
    group_bytes += movable->size();
    group.push_back(std::move(movable));
    if (group_bytes < kGroupBytes) continue;
    freed += spill(std::exchange(group, {}), need, for_hold);
    group_bytes = 0;
  }
  return freed + spill(group, need, for_hold);
}

// To one file, then out of memory; if the disk does not take all, one after the other, until `need` bytes are free.
std::size_t ObjectStore::spill(const Movables& group, std::size_t need, bool for_hold) {
  if (group.empty() || (!for_hold && std::chrono::steady_clock::now() < disk_retry_)) return 0;
  Result<std::size_t> freed = write(group, for_hold);
  if (!freed && forget_copies()) freed = write(group, for_hold);
  if (!freed && group.size() > 1) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < group.size() && sum < need; ++i) sum += spill({group[i]}, need, for_hold);
    return sum;
  }
  if (!freed) complain(freed.error());
  return freed.value_or(0);
}

// What is put leaves room on disk for the largest object to leave memory once more: two objects could not change places
// otherwise, and what is on disk would stay there.
Result<std::size_t> ObjectStore::write(const Movables& group, bool for_hold) {
  Movables written;
  Blocks held;  // So that they stay where they are while they are written.
  std::vector<std::span<const std::byte>> pieces;
  for (const auto& movable : group) {
    if (!movable->is_idle()) continue;
    held.push_back(movable->peek());
    pieces.push_back(held.back()->bytes());
    written.push_back(movable);
    largest_ = std::max(largest_, movable->size());
  }
  if (pieces.empty()) return std::size_t{0};
  const TimePoint begin = std::chrono::steady_clock::now();
  MANTA_ASSIGN_OR_RETURN(std::vector<SpilledBytes> copies, directory_->write(pieces, for_hold ? 0 : largest_));
  if (on_spilled_) {
    std::uint64_t bytes = 0;
    for (const std::span<const std::byte> piece : pieces) bytes += piece.size();
    on_spilled_(begin, bytes);
  }
  for (std::size_t i = 0; i < written.size(); ++i) written[i]->set_copy(std::move(copies[i]));
  held.clear();
  set_trouble("");
  return drop(written);
}

// There is no room on disk: what is in memory as well need not lie there. False: there was no such thing.
bool ObjectStore::forget_copies() {
  bool any = false;
  for (const auto& movable : in_memory()) {
    if (movable->peek() == nullptr || !movable->copy()) continue;
    movable->set_copy({});
    any = true;
  }
  directory_->reap();
  return any;
}

// Of those that have a copy. Whom somebody has begun to read meanwhile stays.
std::size_t ObjectStore::drop(const Movables& group) {
  std::size_t freed = 0;
  for (const auto& movable : group)
    if (const BlockPtr block = movable->take_if_idle()) freed += block->size();
  return freed;
}

// Says it once; tries again a while later.
void ObjectStore::complain(const Error& error) {
  constexpr Duration kRetry = std::chrono::seconds(1);
  disk_retry_ = std::chrono::steady_clock::now() + kRetry;
  set_trouble(error.message);
  if (!std::exchange(has_complained_, true))
    std::fprintf(stderr, "manta: objects stay in memory, and who needs room waits: %s\n", error.message.c_str());
}

// For messages.
void ObjectStore::set_trouble(std::string trouble) {
  const std::lock_guard lock(mutex_);
  disk_trouble_ = std::move(trouble);
}

void ObjectStore::expire(TimePoint now) {
  for (auto it = rooms_.begin(); it != rooms_.end();) {
    if (it->deadline > now) {
      ++it;
      continue;
    }
    const RoomRequest expired = std::move(*it);
    it = rooms_.erase(it);
    --waiting_;
    expired.on_room(exhausted_error(expired.size));
  }
  for (auto it = holds_.begin(); it != holds_.end();) {
    if (it->deadline > now) {
      ++it;
      continue;
    }
    const HoldRequest expired = std::move(*it);
    it = holds_.erase(it);
    --waiting_;
    expired.on_held(exhausted_error(expired.blocks[expired.held.size()]->size()));
  }
}

// After the thread's end.
void ObjectStore::refuse_all(const Error& error) {
  take_requests();
  for (const RoomRequest& request : std::exchange(rooms_, {})) request.on_room(error);
  for (const HoldRequest& request : std::exchange(holds_, {})) request.on_held(error);
  waiting_ = 0;
}

Error ObjectStore::exhausted_error(std::size_t need) const {
  const Usage now = usage();
  std::string text = "object store: no room for " + byte_text(need) + " within " +
                     patience_text(options_.room_timeout) + ": of " + byte_text(now.capacity) + ", " +
                     byte_text(now.used - std::min(now.used, now.idle)) +
                     " are being read or filled, or travel with calls";
  if (now.idle > 0) text += ", and " + byte_text(now.idle) + " could leave";
  text += "; " + byte_text(now.spilled) + " are on disk";
  if (!directory_) text += " (no spill directory is set)";
  const std::lock_guard lock(mutex_);
  if (!disk_trouble_.empty()) text += " (" + disk_trouble_ + ")";
  return {ErrorCode::kExhausted, text + ". Let go of arrays and refs, or raise RuntimeOptions::object_store_bytes"};
}

}  // namespace manta
