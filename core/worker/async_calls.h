// SPDX-License-Identifier: Apache-2.0
// The calls of a worker that are coroutines.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/net/async_call.h"

namespace manta {

/// Keeps those that have begun and not ended, each with what it needs for its answer.
///
/// Thread-safety: any method, from any thread.
class AsyncCalls {
 public:
  /// Where their turns come.
  const std::shared_ptr<AsyncTurns>& turns() const { return turns_; }
  bool empty() const { return count_.load() == 0; }

  void add(std::shared_ptr<AsyncCall> call, std::optional<CallContext> context) {
    const std::uint64_t number = call->number();
    const std::lock_guard lock(mutex_);
    calls_.emplace(number, Entry{std::move(call), std::move(context)});
    count_.store(calls_.size());
  }
  /// The context that was added with the call; it stays until remove().
  CallContext& context(const AsyncCall& call) {
    const std::lock_guard lock(mutex_);
    return calls_.at(call.number()).context.value();
  }
  void remove(const AsyncCall& call) {
    std::optional<Entry> removed;  // What the coroutine had may end with it, and do anything.
    const std::lock_guard lock(mutex_);
    const auto it = calls_.find(call.number());
    removed.emplace(std::move(it->second));
    calls_.erase(it);
    count_.store(calls_.size());
  }
  /// Ends call `number` where it waits, if it is one of these.
  void cancel(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (const auto it = calls_.find(number); it != calls_.end()) it->second.call->cancel();
  }
  /// Destroys all.
  void clear() {
    std::unordered_map<std::uint64_t, Entry> calls;
    const std::lock_guard lock(mutex_);
    calls.swap(calls_);
    count_ = 0;
  }

 private:
  struct Entry {
    std::shared_ptr<AsyncCall> call;
    std::optional<CallContext> context;
  };

  const std::shared_ptr<AsyncTurns> turns_ = std::make_shared<AsyncTurns>();
  std::mutex mutex_;  // Guards calls_.
  std::unordered_map<std::uint64_t, Entry> calls_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace manta
