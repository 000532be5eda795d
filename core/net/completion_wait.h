// SPDX-License-Identifier: Apache-2.0
// How the threads of a process wait for objects.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "core/net/pace.h"
#include "core/shm/doorbell.h"

namespace manta {

/// The first thread that waits takes the process' messages by itself: an answer then reaches it without a detour over
/// another thread. Further ones sleep until told. No two threads take messages at the same time by way of this.
///
/// A process whose threads soon wait again *lingers*: it goes on counting as awake at its doorbell, so that nobody who
/// sends to it touches more than the ring. Whoever is about to sleep ends that first. In a worker, all messages lie
/// until its next thread waits, so it lingers whenever it does not sleep; in the node's process, the service thread
/// looks from time to time, every 2 ms at least, whether somebody takes the messages, and else does it itself.
///
/// Thread-safety: any method, from any thread.
class CompletionWait {
 public:
  /// Who takes messages while no thread waits.
  enum class Otherwise {
    kServiceThread,  ///< A thread of the process, that of serve().
    kNobody,         ///< They lie until the next one waits.
  };
  /// Handles all messages there are, and says how many there were.
  using TakeMessages = std::function<std::size_t()>;

  /// `has_messages` only looks. Neither is called at a stepped pace: what waits pauses until it is done.
  CompletionWait(Doorbell& bell, Otherwise otherwise, TakeMessages take_messages, std::function<bool()> has_messages,
                 Pace pace = {})
      : bell_(bell),
        otherwise_(otherwise),
        take_messages_(std::move(take_messages)),
        has_messages_(std::move(has_messages)),
        pace_(std::move(pace)) {}

  /// Waits until `done()`, which must be cheap, or until `deadline`. Returns done().
  bool wait(const std::function<bool()>& done, TimePoint deadline);
  /// Takes what messages there are, unless another thread looks.
  void poll();
  /// Looks for a while, without sleeping, unless another thread looks. Returns done().
  bool look(const std::function<bool()>& done);
  /// The life of the service thread: takes the messages that nobody waits for, until `stop`; then ring_all() the bell.
  void serve(const std::atomic<bool>& stop);

  /// To be called after objects became ready: wakes the threads that wait for one.
  void notify();

 private:
  class AtBell;

  bool has_passed(TimePoint deadline) const;
  bool wait_in_steps(const std::function<bool()>& done, TimePoint deadline);
  void start_to_linger();
  std::size_t take();
  bool spin(const std::function<bool()>& done, TimePoint deadline);
  bool wait_at_bell(const std::function<bool()>& done, TimePoint deadline);
  bool wait_to_be_told(const std::function<bool()>& done, TimePoint deadline);
  void tell_all();
  bool serve_busy(const std::atomic<bool>& stop);
  void tick(const std::atomic<bool>& stop);

  DoorbellReceiver bell_;
  const Otherwise otherwise_;
  const TakeMessages take_messages_;
  const std::function<bool()> has_messages_;
  const Pace pace_;

  std::mutex at_bell_;        // Held by the one thread that waits at the bell. Guards the next three.
  TimePoint no_look_before_;  // Looking was in vain; the epoch: it was not.
  int vain_looks_ = 0;        // Since it last was not.
  int quick_waits_ = 0;       // Since the process last began to linger: waits that ended without sleep.

  std::atomic<bool> lingers_{false};               // The process counts as awake though nobody looks just now.
  std::atomic<std::uint32_t> takes_{0};            // How often waiting threads have taken messages.
  std::atomic<std::thread::id> thread_at_bell_{};  // It completes objects by itself and need not be told.
  std::atomic<int> waiting_to_be_told_{0};
  std::mutex told_mutex_;
  std::condition_variable told_;
};

}  // namespace manta
