// SPDX-License-Identifier: Apache-2.0
// Wakes a process that sleeps for messages, and only then.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/base/clock.h"

namespace manta {

/// One per process, in shared memory, beside which any number of rings may lie. Whoever publishes a message calls
/// ring() afterwards; it costs a system call only if the receiver sleeps and nobody has rung it yet.
///
/// Protocol: a receiver is `awake` while it looks at its rings. To sleep it leaves `awake`, looks at its rings once
/// more and waits for `sequence_` to change. A sender publishes first and reads `awake_` second. All accesses are
/// sequentially consistent, so at least one of the two sees the other: no wake-up is lost. The first sender that finds
/// nobody awake sets `rung_`; until a receiver has come, the others rely on it. A receiver clears `rung_` before it
/// leaves, so what they published meanwhile it sees when it looks once more. tests/core/shm/doorbell_model_test.cc goes
/// through all orders.
///
/// Any process that sees the doorbell may write anything there. So the receiver counts for itself and only publishes
/// its count (DoorbellReceiver): what others have written holds until it next wakes up. Until then senders may think
/// that it is awake; whoever finds a message that lies there, or a doorbell that is not plausible, calls ring_all(),
/// which relies on no word of it.
///
/// Thread-safety: any method, from any thread of any process. A process that dies in ring() may leave `rung_` set with
/// nobody on the way: whoever notices its death calls ring_all().
class Doorbell {
 public:
  /// Who of the receiving process sleeps: its service thread, or a caller that waits for one answer by itself.
  enum Sleeper : std::uint32_t { kService = 1, kCaller = 2 };

  /// After publishing a message: wakes the receiver if nobody of it is awake.
  void ring();
  /// Wakes every sleeper, always.
  void ring_all();

  /// What to pass to sleep(): read it before DoorbellReceiver::leave().
  std::uint32_t sequence() const { return sequence_.load(); }
  /// Sleeps until the bell rings after `sequence` was read, or until `deadline`.
  void sleep(std::uint32_t sequence, Sleeper sleeper, TimePoint deadline);

  /// False: no receiver and no sender has left it like this.
  bool is_plausible() const {
    const std::uint32_t sleeper = sleeper_.load();
    return awake_.load() <= kMostAwake && rung_.load() <= 1 && (sleeper == kService || sleeper == kCaller);
  }
  /// Threads of one process that count as awake at a time: one that waits, and the service thread.
  static constexpr std::uint32_t kMostAwake = 4;

 private:
  friend class DoorbellReceiver;

  std::atomic<std::uint32_t> sequence_{0};  // The futex word.
  std::atomic<std::uint32_t> awake_{0};     // Threads of the receiver that look at its rings now.
  std::atomic<std::uint32_t> rung_{0};      // A sender has rung, or is about to, and no receiver has come yet.
  std::atomic<std::uint32_t> sleeper_{kService};
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// The receiver's side of its process' doorbell, in memory of its own.
///
/// Thread-safety: any method, from any thread of the receiving process.
class DoorbellReceiver {
 public:
  /// `bell` must outlive it. There is one of each bell.
  explicit DoorbellReceiver(Doorbell& bell) : bell_(bell) {}
  DoorbellReceiver(const DoorbellReceiver&) = delete;
  DoorbellReceiver& operator=(const DoorbellReceiver&) = delete;

  /// The receiver starts, or stops, to look at its rings. Between the two it may do other things, if it looks again
  /// soon. Look once more after leave().
  void enter();
  void leave();
  /// As leave(), and ring() is to wake `sleeper` from now on. At most one thread of a process chooses kCaller at a
  /// time, and sets it back.
  void leave(Doorbell::Sleeper sleeper);

  std::uint32_t sequence() const { return bell_.sequence(); }
  void sleep(std::uint32_t sequence, Doorbell::Sleeper sleeper, TimePoint deadline) {
    bell_.sleep(sequence, sleeper, deadline);
  }
  void ring_all() { bell_.ring_all(); }

 private:
  void publish_leave();

  Doorbell& bell_;
  std::mutex mutex_;  // Guards what follows, and that the doorbell says the same.
  std::uint32_t awake_ = 0;
  Doorbell::Sleeper sleeper_ = Doorbell::kService;
};

/// How long a receiver looks at most before it sleeps, in loops of cpu_relax(). Zero for a process that may use one CPU
/// only: the sender could not run meanwhile.
int spin_limit();
/// Tells the CPU that this is a waiting loop.
inline void cpu_relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace manta
