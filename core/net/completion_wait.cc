// SPDX-License-Identifier: Apache-2.0
#include "core/net/completion_wait.h"

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

void CompletionWait::poll() {
  if (pace_.is_stepped()) return pace_.pause(TimePoint::min());
  const std::unique_lock role(at_bell_, std::try_to_lock);
  if (!role || !has_messages_()) return;
  thread_at_bell_.store(std::this_thread::get_id());
  bell_.enter();
  take_messages_();
  leave_bell();
}

bool CompletionWait::look(const std::function<bool()>& done) {
  if (done() || pace_.is_stepped()) return done();
  const std::unique_lock role(at_bell_, std::try_to_lock);
  if (!role) return false;
  thread_at_bell_.store(std::this_thread::get_id());
  bell_.enter();
  spin(done);
  leave_bell();
  return done();
}

// Looks as long as looking has paid lately: where answers take longer, the CPU is left to whoever makes them.
bool CompletionWait::spin(const std::function<bool()>& done) {
  constexpr int kLeast = 50;
  for (int i = 0; i < spins_; ++i) {
    if (done()) {
      spins_ = std::min(spin_limit(), spins_ + spins_ / 4 + 1);
      return true;
    }
    if (!take_messages_()) cpu_relax();
  }
  spins_ = std::min(spin_limit(), std::max(kLeast, spins_ / 2));
  return done();
}

bool CompletionWait::wait_at_bell(const std::function<bool()>& done, TimePoint deadline) {
  thread_at_bell_.store(std::this_thread::get_id());
  bell_.enter();
  spin(done);
  while (!done() && !has_passed(deadline)) {
    bell_.set_sleeper(Doorbell::kCaller);
    const std::uint32_t sequence = bell_.sequence();
    bell_.leave();
    // Look once more before sleeping: a sender that saw us awake did not ring, and an object that another thread
    // completed before it saw thread_at_bell_ was not told.
    if (!has_messages_() && !done()) bell_.sleep(sequence, Doorbell::kCaller, deadline);
    bell_.enter();
    take_messages_();
  }
  leave_bell();
  return done();
}

void CompletionWait::leave_bell() {
  if (otherwise_ == Otherwise::kServiceThread) {
    bell_.set_sleeper(Doorbell::kService);
    bell_.leave();
  } else {
    bell_.leave_busy();
  }
  thread_at_bell_.store(std::thread::id());
  // What arrived while we were awake has rung nobody.
  if (otherwise_ == Otherwise::kServiceThread && has_messages_()) take_messages_();
  // A thread that waits to be told may now wait at the bell.
  if (waiting_to_be_told_.load() > 0) {
    const std::lock_guard lock(told_mutex_);
    told_.notify_all();
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
  if (waiting_to_be_told_.load() > 0) {
    const std::lock_guard lock(told_mutex_);
    told_.notify_all();
  }
  const std::thread::id at_bell = thread_at_bell_.load();
  if (at_bell != std::thread::id() && at_bell != std::this_thread::get_id()) bell_.ring_all();
}

}  // namespace manta
