// SPDX-License-Identifier: Apache-2.0
// How the threads of a process wait for objects.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/net/pace.h"
#include "core/shm/doorbell.h"

namespace manta {

/// The first thread that waits takes the process' messages by itself: an answer then reaches it without a detour over
/// another thread. Further ones sleep until told. No two threads take messages at the same time by way of this.
///
/// Thread-safety: any method, from any thread.
class CompletionWait {
 public:
  /// Who takes messages while no thread waits.
  enum class Otherwise {
    kServiceThread,  ///< A thread of the process, which sleeps at the same bell as Doorbell::kService.
    kNobody,         ///< They lie until the next one waits.
  };

  /// `take_messages` handles all messages there are and returns whether there were any; `has_messages` only looks.
  /// Neither is called at a stepped pace: what waits pauses until it is done.
  CompletionWait(Doorbell& bell, Otherwise otherwise, std::function<bool()> take_messages,
                 std::function<bool()> has_messages, Pace pace = {})
      : bell_(bell),
        otherwise_(otherwise),
        take_messages_(std::move(take_messages)),
        has_messages_(std::move(has_messages)),
        pace_(std::move(pace)),
        spins_(spin_limit()) {}

  /// Waits until `done()`, which must be cheap, or until `deadline`. Returns done().
  bool wait(const std::function<bool()>& done, TimePoint deadline);
  /// Takes what messages there are, unless another thread looks.
  void poll();
  /// Looks for a while, without sleeping, unless another thread looks. Returns done().
  bool look(const std::function<bool()>& done);

  /// To be called after objects became ready: wakes the threads that wait for one.
  void notify();

 private:
  bool has_passed(TimePoint deadline) const;
  bool wait_in_steps(const std::function<bool()>& done, TimePoint deadline);
  bool spin(const std::function<bool()>& done);
  void leave_bell();
  bool wait_at_bell(const std::function<bool()>& done, TimePoint deadline);
  bool wait_to_be_told(const std::function<bool()>& done, TimePoint deadline);

  Doorbell& bell_;
  const Otherwise otherwise_;
  const std::function<bool()> take_messages_;
  const std::function<bool()> has_messages_;
  const Pace pace_;
  int spins_;                                      // How long to look before sleeping; by the thread at the bell.
  std::mutex at_bell_;                             // Held by the one thread that waits at the bell.
  std::atomic<std::thread::id> thread_at_bell_{};  // It completes objects by itself and need not be told.
  std::atomic<int> waiting_to_be_told_{0};
  std::mutex told_mutex_;
  std::condition_variable told_;
};

}  // namespace manta
