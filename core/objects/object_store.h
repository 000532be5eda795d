// SPDX-License-Identifier: Apache-2.0
// The objects of a node, in memory as far as there is room, else on disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/objects/arena.h"
#include "core/objects/movable_block.h"
#include "core/objects/spill_directory.h"
#include "core/objects/wake_signal.h"

namespace manta {

/// Makes room in the arena when there is none: objects that nobody reads, longest unused first, go to files, and come
/// back when somebody wants them. Who finds no room waits for it. One thread does this work and all file access; it
/// begins when there is something to do.
///
/// Objects that nobody references are not its business: their bytes are free at once.
///
/// Thread-safety: any method, from any thread. Callbacks run on the store's thread, or at once on the caller's; they
/// may call the store, but neither wait for it nor close it.
class ObjectStore final : public BlockAllocator {
 public:
  struct Options {
    std::size_t capacity = 0;
    std::size_t warm_bytes = 0;                        ///< Free pages kept for the next object.
    std::string spill_parent;                          ///< An existing directory; "": objects stay in memory.
    std::optional<std::uint64_t> spill_limit = {};     ///< Bytes on disk; none: half of what is free there.
    Duration room_timeout = std::chrono::seconds(30);  ///< How long to wait for room; 0: not at all.
    Duration trim_after = std::chrono::seconds(1);     ///< When nothing was put or freed for so long, free pages go.
  };
  /// What there is in all.
  struct Usage {
    std::uint64_t capacity = 0;
    std::uint64_t used = 0;     ///< Taken in memory.
    std::uint64_t idle = 0;     ///< Of it, what could leave now.
    std::uint64_t spilled = 0;  ///< Bytes on disk.
    std::uint64_t waiting = 0;  ///< Who waits for room, or for an object from disk.
  };
  using Blocks = std::vector<BlockPtr>;
  using OnHeld = std::function<void(Result<Blocks>)>;
  using OnRoom = std::function<void(Result<Arena::Range>)>;
  /// Of an object whose file is gone or damaged, as `why` says. No error: recover() will follow, and until then, who
  /// wants the object waits. An error: that is what they get.
  using OnLost = std::function<Result<void>(const BlockPtr& lost, const Error& why)>;

  /// Removes what killed processes have left in the spill directory.
  /// Errors: kSystem.
  static Result<std::shared_ptr<ObjectStore>> open(Options options);
  ~ObjectStore() override;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  /// Who waits gets kCancelled; nothing moves any more.
  void close();

  /// Called again and again while somebody finds no room, on the store's thread; set before anybody can.
  void on_pressure(std::function<void()> callback) { on_pressure_ = std::move(callback); }
  /// Called on the store's thread when objects have gone to disk: when that began, and their bytes. Set as those above.
  void on_spilled(std::function<void(TimePoint begin, std::uint64_t bytes)> callback) {
    on_spilled_ = std::move(callback);
  }
  void on_lost(OnLost callback) { on_lost_ = std::move(callback); }

  const std::shared_ptr<Arena>& arena() const { return arena_; }
  const Options& options() const { return options_; }

  /// Waits for room, at most options().room_timeout. Not to be called where the end of that wait depends on the caller.
  /// Errors: kExhausted: what is read, filled, or travels leaves no room, and the disk, if there is one, takes no more.
  ///         kCancelled: the store is closed.
  Result<BlockPtr> allocate(std::size_t size) override;
  BlockPtr block_of(const void* data, const BlockPtr& block) const override { return arena_->block_of(data, block); }
  /// As Arena::reserve(), but waits without a thread.
  void reserve(std::size_t size, std::size_t alignment, const OnRoom& on_room);

  /// What stands for `block` from now on and lets its bytes leave while nobody holds `block`; always the same while
  /// somebody has it. Of a block that can already, itself.
  BlockPtr keep(BlockPtr block);
  /// Gives, for each of `blocks`, the block that has its bytes in memory.
  /// Errors: kObjectLost; kExhausted: there was no room for them in time; kCancelled.
  void hold(Blocks blocks, const OnHeld& on_held);
  /// The bytes of an object of which on_lost() was told, or why there are none.
  void recover(const BlockPtr& lost, Result<BlockPtr> bytes);

  Usage usage() const;

 private:
  struct RoomRequest {
    std::size_t size = 0;
    std::size_t alignment = 0;
    TimePoint deadline;
    OnRoom on_room;
  };
  struct HoldRequest {
    Blocks blocks;
    Blocks held;  // Of the first ones.
    TimePoint deadline;
    OnHeld on_held;
  };
  using Movables = std::vector<std::shared_ptr<const MovableBlock>>;

  ObjectStore(Options options, std::shared_ptr<Arena> arena);

  TimePoint deadline() const;
  bool can_wait() const { return options_.room_timeout > Duration::zero(); }
  template <class Request>
  Result<void> enqueue(std::deque<Request>& queue, Request request);
  Result<void> start_thread();  // With mutex_ held.
  void expect_free_pages(std::size_t size);
  void index(const BlockPtr& block, const std::shared_ptr<const MovableBlock>& movable);
  Movables in_memory() const;
  Movables idle_blocks() const;

  // object_store_thread.cc: the thread.
  void serve();
  bool take_requests();
  std::size_t serve_holds();
  std::size_t serve_rooms();
  std::optional<Result<Blocks>> try_hold(HoldRequest& request, std::size_t& lacks);
  Result<BlockPtr> bring_back(const std::shared_ptr<const MovableBlock>& movable, std::size_t& lacks);
  std::size_t make_room(std::size_t need, bool for_hold);
  std::size_t spill(const Movables& group, std::size_t need, bool for_hold);
  Result<std::size_t> write(const Movables& group, bool for_hold);
  bool forget_copies();
  static std::size_t drop(const Movables& group);
  void complain(const Error& error);
  void set_trouble(std::string trouble);
  void expire(TimePoint now);
  void wait_for_change(std::uint64_t seen);
  void rest(std::uint64_t seen);
  void refuse_all(const Error& error);
  Error exhausted_error(std::size_t need) const;

  const Options options_;
  const std::shared_ptr<Arena> arena_;
  const std::shared_ptr<WakeSignal> signal_ = std::make_shared<WakeSignal>();
  const std::shared_ptr<SpillDirectory> directory_;
  std::function<void()> on_pressure_;
  OnLost on_lost_;
  std::function<void(TimePoint, std::uint64_t)> on_spilled_;
  std::atomic<std::size_t> waiting_{0};

  mutable std::mutex mutex_;  // Guards what follows. No block ends where it is held.
  std::unordered_map<std::uint64_t, std::weak_ptr<const MovableBlock>> movables_;  // In memory, by offset.
  std::size_t forget_at_ = 64;  // How many of them there may be before it is looked for those that are gone.
  std::deque<RoomRequest> new_rooms_;
  std::deque<HoldRequest> new_holds_;
  std::string disk_trouble_;
  bool closed_ = false;
  std::thread thread_;

  // Of the thread.
  std::deque<RoomRequest> rooms_;
  std::deque<HoldRequest> holds_;
  TimePoint disk_retry_;  // When puts may try the disk again.
  bool has_complained_ = false;
  std::size_t largest_ = 0;  // Object that ever left.
  Duration pause_{0};
  std::uint64_t trimmed_at_ = 0;  // The arena's activity.
};

}  // namespace manta
