// SPDX-License-Identifier: Apache-2.0
// The threads of an actor's process that wait for what only an actor's answer brings.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace manta {

/// An actor all of whose threads wait for another actor answers nobody. Who waits for it in turn, or is it, waits for
/// ever. Each wait is made known to the actor that it is for; that one, if it waits likewise, has it passed on to the
/// actor that it waits for itself (MessageType::kWaitsFor). If it comes back, it is one of a circle, and ends.
///
/// An answer that is on its way must not be overtaken. So each wait is first sent to the node and back: from then on
/// the node knows which answers this process wants, and sends each before the waits of whoever has given it.
///
/// Thread-safety: any method, from any thread.
class ActorWaits {
 public:
  struct Wait {
    std::uint64_t number = 0;  ///< Never used again in this process.
    std::uint64_t actor = 0;
    const std::function<bool()>& done;  ///< Whether it is over.
    bool is_confirmed = false;          ///< It has been to the node and back.
    std::atomic<bool> is_circular = false;
    std::vector<std::string> circle = {};  ///< Titles of its actors; written before is_circular.
  };

  /// One of the threads that run calls begins to wait. `wait` must stay until end().
  void begin(Wait& wait) {
    const std::lock_guard lock(mutex_);
    waits_.push_back(&wait);
  }
  void end(const Wait& wait) {
    const std::lock_guard lock(mutex_);
    std::erase(waits_, &wait);
  }
  void confirm(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    for (Wait* wait : waits_) wait->is_confirmed |= wait->number == number;
  }
  /// For which actor all of the process' `threads` wait, confirmed; 0: one of them does not, or they wait for several.
  std::uint64_t waited_for(std::size_t threads) const {
    const std::lock_guard lock(mutex_);
    const bool all =
        waits_.size() >= threads && std::all_of(waits_.begin(), waits_.end(), [&](const Wait* wait) {
          return wait->actor == waits_.front()->actor && wait->is_confirmed && !wait->is_circular && !wait->done();
        });
    return all ? waits_.front()->actor : 0;
  }
  /// What wait `number` is for cannot come.
  void break_circle(std::uint64_t number, const std::vector<std::string>& circle) {
    const std::lock_guard lock(mutex_);
    for (Wait* wait : waits_) {
      if (wait->number != number) continue;
      wait->circle = circle;
      wait->is_circular = true;
    }
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Wait*> waits_;  // Guarded by it.
};

}  // namespace manta
