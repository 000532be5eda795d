// SPDX-License-Identifier: Apache-2.0
// Tells a thread that waits that something may have changed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "core/base/clock.h"

namespace manta {

/// One thread waits, any may tell. While nobody listens, to tell costs one load.
///
/// Protocol: the waiter listens, reads count(), looks at what it waits for, and waits for the count to change.
///
/// Thread-safety: any method, from any thread.
class WakeSignal {
 public:
  void listen(bool listens) { listens_.store(listens); }
  /// For changes that only a listener cares for.
  void tell_listener() {
    if (listens_.load()) tell();
  }
  void tell() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_one();
  }

  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  /// Until the count is not `seen` any more, or until `deadline`.
  void wait(std::uint64_t seen, TimePoint deadline) {
    std::unique_lock lock(mutex_);
    const auto is_new = [&] { return count_ != seen; };
    if (deadline == TimePoint::max()) {
      changed_.wait(lock, is_new);
    } else {
      changed_.wait_until(lock, deadline, is_new);
    }
  }

 private:
  std::atomic<bool> listens_{false};
  mutable std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
};

}  // namespace manta
