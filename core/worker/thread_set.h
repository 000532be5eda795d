// SPDX-License-Identifier: Apache-2.0
// Which threads have come by.
#pragma once

#include <mutex>
#include <set>
#include <thread>

namespace manta {

/// Thread-safety: any method, from any thread.
class ThreadSet {
 public:
  void insert(std::thread::id thread) {
    const std::lock_guard lock(mutex_);
    threads_.insert(thread);
  }
  bool contains(std::thread::id thread) const {
    const std::lock_guard lock(mutex_);
    return threads_.contains(thread);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

}  // namespace manta
