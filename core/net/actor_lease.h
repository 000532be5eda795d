// SPDX-License-Identifier: Apache-2.0
// What keeps an actor alive.
#pragma once

#include <atomic>
#include <optional>
#include <utility>

#include "core/base/fork_guard.h"
#include "core/base/memory_reserve.h"
#include "core/net/caller.h"

namespace manta {

/// All handles of one process to one actor share a lease; a value that contains a handle has it too. The actor ends,
/// after its pending calls, with the last lease.
///
/// Thread-safety: any method, from any thread.
class ActorLease {
 public:
  ActorLease(std::weak_ptr<Caller> caller, std::uint64_t id) : caller_(std::move(caller)), id_(id) {}
  /// Of an actor that could not be made.
  explicit ActorLease(Error error) : error_(std::move(error)) {}
  ~ActorLease() {
    if (const auto owner = caller()) owner->release_actor(id_, count_.load());
  }
  ActorLease(const ActorLease&) = delete;
  ActorLease& operator=(const ActorLease&) = delete;

  /// Null once the runtime has ended, and in a forked copy of the process: that has no handles.
  std::shared_ptr<Caller> caller() const { return is_forked_copy() ? nullptr : caller_.lock(); }
  std::uint64_t id() const { return id_; }
  /// Why there is no actor, if so.
  const std::optional<Error>& error() const { return error_; }
  /// How many calls of this process may be pending; 0: any number.
  void limit_pending(int count, bool fail) {
    max_pending_ = count;
    fails_when_full_ = fail;
  }
  int max_pending() const { return max_pending_; }
  bool fails_when_full() const { return fails_when_full_; }
  bool has_room() const { return max_pending_ == 0 || pending_.load() < max_pending_; }
  /// A call is pending until `result` is there, also when nobody else keeps that. `self` is this.
  static void count_pending(const std::shared_ptr<ActorLease>& self, const ObjectPtr& result) {
    if (self->max_pending_ == 0) return;
    const MemoryReserve::Use reserve;  // The call is made.
    self->pending_.fetch_add(1);
    result->then([self, result] { self->pending_.fetch_sub(1); });
  }
  /// It stands for one handle more than before: the node has sent another.
  void add() { count_.fetch_add(1); }

 private:
  std::weak_ptr<Caller> caller_;
  std::uint64_t id_ = 0;
  std::atomic<std::uint64_t> count_{1};
  std::atomic<int> max_pending_{0};
  std::atomic<bool> fails_when_full_{false};
  std::atomic<int> pending_{0};
  std::optional<Error> error_;
};

}  // namespace manta
