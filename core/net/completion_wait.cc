// SPDX-License-Identifier: Apache-2.0
#include "core/net/completion_wait.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>

namespace manta {

// The clock is read only if there is something to compare it with.
bool CompletionWait::has_passed(TimePoint deadline) const {
  return deadline != TimePoint::max() && pace_.clock->now() >= deadline;
}

bool CompletionWait::wait_in_steps(const std::function<bool()>& done, TimePoint deadline) {
  while (!done()) {
    if (has_passed(deadline)) return false;
    pace_.pause(deadline);
  }
  return true;
}

bool CompletionWait::wait(const std::function<bool()>& done, TimePoint deadline) {
  if (pace_.is_stepped()) return wait_in_steps(done, deadline);
  while (!done()) {
    if (has_passed(deadline)) return false;
    std::unique_lock role(at_bell_, std::try_to_lock);
    const bool finished = role ? wait_at_bell(done, deadline) : wait_to_be_told(done, deadline);
    if (finished) return true;
  }
  return true;
}

// What the one thread at the bell holds: the role, and the count as awake unless the process lingers.
class CompletionWait::AtBell {
 public:
  explicit AtBell(CompletionWait& wait) : wait_(wait), counts_(!wait.lingers_.load()) {
    wait_.thread_at_bell_.store(std::this_thread::get_id(), std::memory_order_release);
    if (counts_) wait_.bell_.enter();
  }
  ~AtBell() {
    const bool left = counts_ && !linger();
    if (left) wait_.bell_.leave(Doorbell::kService);
    wait_.thread_at_bell_.store(std::thread::id());
    // What arrived while this was awake has rung nobody.
    if (left && wait_.has_messages_()) wait_.take();
    // A thread that waits to be told may now wait at the bell.
    wait_.tell_all();
  }
  AtBell(const AtBell&) = delete;
  AtBell& operator=(const AtBell&) = delete;

  void sleep(const std::function<bool()>& done, TimePoint deadline) {
    DoorbellReceiver& bell = wait_.bell_;
    slept_ = true;
    // For those who complete objects elsewhere: they look at it afterwards.
    wait_.thread_at_bell_.store(std::this_thread::get_id());
    if (!counts_ && !wait_.lingers_.exchange(false)) bell.enter();
    counts_ = true;
    const std::uint32_t sequence = bell.sequence();
    bell.leave(Doorbell::kCaller);
    // Look once more before sleeping: a sender that saw us awake did not ring, and an object that another thread
    // completed before it saw thread_at_bell_ was not told.
    if (!wait_.has_messages_() && !done()) bell.sleep(sequence, Doorbell::kCaller, deadline);
    bell.enter();
  }

 private:
  // Leaves the count to the process, if it is likely to wait again soon.
  bool linger() {
    if (wait_.otherwise_ == Otherwise::kNobody) return wait_.start_to_linger(), true;
    // Enough that it is nothing to wake the service thread once for all of them.
    constexpr int kEnough = 32;
    if (slept_ || ++wait_.quick_waits_ < kEnough) return false;
    wait_.quick_waits_ = 0;
    wait_.start_to_linger();
    wait_.bell_.ring_all();
    return true;
  }

  CompletionWait& wait_;
  bool counts_;
  bool slept_ = false;
};

void CompletionWait::poll() {
  if (pace_.is_stepped()) return pace_.pause(TimePoint::min());
  const std::unique_lock role(at_bell_, std::try_to_lock);
  if (!role || !has_messages_()) return;
  const AtBell here(*this);
  take();
}

bool CompletionWait::look(const std::function<bool()>& done) {
  if (done() || pace_.is_stepped()) return done();
  const std::unique_lock role(at_bell_, std::try_to_lock);
  if (!role) return false;
  const AtBell here(*this);
  return spin(done, TimePoint::max());
}

// Takes over the count of whoever calls this, or lets it go if the process has one already.
void CompletionWait::start_to_linger() {
  if (lingers_.exchange(true)) bell_.leave();
}

std::size_t CompletionWait::take() {
  const std::size_t taken = take_messages_();
  if (taken > 0) takes_.fetch_add(1, std::memory_order_relaxed);
  return taken;
}

// Looks as long as whoever sleeps at the other end may take to wake up and answer. Where that was in vain, because
// answers take longer, or because whoever makes them waits for this CPU, it does not look again before fifty times as
// long has passed, and twice as long after each further time: one process loses 2 % of a CPU to it at first, and a
// hundred, for which it is always in vain, not more than a few.
bool CompletionWait::spin(const std::function<bool()>& done, TimePoint deadline) {
  constexpr Duration kLook = std::chrono::microseconds(100);
  constexpr Duration kLongest = std::chrono::milliseconds(10);  // While messages come, but not what it waits for.
  constexpr int kPause = 50;
  constexpr int kDoublings = 5;
  constexpr int kLooksPerClock = 16;
  if (spin_limit() == 0) return done();
  if (no_look_before_ != TimePoint() && std::chrono::steady_clock::now() < no_look_before_) return done();
  TimePoint first;
  for (TimePoint begin;;) {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (done()) {
        no_look_before_ = TimePoint();
        vain_looks_ = 0;
        return true;
      }
      if (take() > 0) {
        begin = TimePoint();
      } else {
        cpu_relax();
      }
    }
    const TimePoint now = std::chrono::steady_clock::now();
    if (first == TimePoint()) first = now;
    if (begin == TimePoint()) begin = now;
    if (now - begin >= kLook) {
      no_look_before_ = now + (kPause << std::min(vain_looks_++, kDoublings)) * (now - begin);
      return done();
    }
    if (now - first >= kLongest || has_passed(deadline)) return done();
  }
}

bool CompletionWait::wait_at_bell(const std::function<bool()>& done, TimePoint deadline) {
  AtBell here(*this);
  spin(done, deadline);
  while (!done() && !has_passed(deadline)) {
    here.sleep(done, deadline);
    take();
  }
  return done();
}

void CompletionWait::tell_all() {
  if (waiting_to_be_told_.load() == 0) return;
  const std::lock_guard lock(told_mutex_);
  told_.notify_all();
}

void CompletionWait::serve(const std::atomic<bool>& stop) {
  ::prctl(PR_SET_TIMERSLACK, 1'000);  // Of this thread: its naps are short.
  while (!stop) {
    // It is awake by a count of its own, or that of a process that lingers no more.
    if (!lingers_.exchange(false)) bell_.enter();
    if (serve_busy(stop)) {
      start_to_linger();
    } else {
      const std::uint32_t sequence = bell_.sequence();
      bell_.leave();
      if (!has_messages_() && !stop && !lingers_) bell_.sleep(sequence, Doorbell::kService, TimePoint::max());
    }
    if (lingers_) tick(stop);
  }
}

// Takes messages until there are none for a while. True: they come in crowds, so it is better to look from time to
// time.
bool CompletionWait::serve_busy(const std::atomic<bool>& stop) {
  // Callers that wait take their answers themselves: this thread looks only briefly.
  const int spins = spin_limit() / 10;
  constexpr std::size_t kCrowd = 16;
  std::size_t taken_in_all = 0;
  for (int i = 0; i < spins + 1 && !stop; ++i) {
    if (const std::size_t taken = take_messages_(); taken > 0) {
      i = 0;
      taken_in_all += taken;
      if (taken_in_all >= kCrowd) return true;
    } else {
      cpu_relax();
    }
  }
  return false;
}

// While the process lingers: leaves the messages to threads that wait, if they take any. The longer they do, the more
// rarely it looks: where all CPUs are busy, each look costs one of those threads some tens of microseconds.
void CompletionWait::tick(const std::atomic<bool>& stop) {
  constexpr long kShortest = 100'000;
  constexpr long kLongest = 2'000'000;
  constexpr std::size_t kFew = 4;
  for (long nanoseconds = kShortest; !stop && lingers_;) {
    const std::uint32_t takes = takes_.load();
    const timespec nap{.tv_sec = 0, .tv_nsec = nanoseconds};
    ::nanosleep(&nap, nullptr);
    if (takes_.load() != takes) {
      nanoseconds = std::min(2 * nanoseconds, kLongest);
    } else if (take_messages_() < kFew) {
      return;
    } else {
      nanoseconds = kShortest;
    }
  }
}

bool CompletionWait::wait_to_be_told(const std::function<bool()>& done, TimePoint deadline) {
  std::unique_lock lock(told_mutex_);
  waiting_to_be_told_.fetch_add(1);
  if (!done() && thread_at_bell_.load() != std::thread::id()) {
    if (deadline == TimePoint::max()) {
      told_.wait(lock);
    } else {
      told_.wait_until(lock, deadline);
    }
  }
  waiting_to_be_told_.fetch_sub(1);
  return done();
}

void CompletionWait::notify() {
  tell_all();
  const std::thread::id at_bell = thread_at_bell_.load();
  if (at_bell != std::thread::id() && at_bell != std::this_thread::get_id()) bell_.ring_all();
}

}  // namespace manta
