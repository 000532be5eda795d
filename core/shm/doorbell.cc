// SPDX-License-Identifier: Apache-2.0
#include "core/shm/doorbell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "core/base/allowed_cpus.h"

namespace manta {
namespace {

constexpr std::uint32_t kEverybody = Doorbell::kService | Doorbell::kCaller;

void wake(std::atomic<std::uint32_t>& word, std::uint32_t sleepers) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, sleepers);
}

}  // namespace

void Doorbell::ring() {
  // A woken receiver takes a while to come; one sender in that time pays for its wake-up, not each.
  if (awake_.load() != 0 || rung_.load() != 0 || rung_.exchange(1) != 0) return;
  sequence_.fetch_add(1);
  wake(sequence_, sleeper_.load());
}

void Doorbell::ring_all() {
  sequence_.fetch_add(1);
  wake(sequence_, kEverybody);
}

void Doorbell::sleep(std::uint32_t sequence, Sleeper sleeper, TimePoint deadline) {
  const auto nanoseconds = deadline.time_since_epoch().count();
  const timespec until{.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000),
                       .tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000)};
  const timespec* timeout = deadline == TimePoint::max() ? nullptr : &until;
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is what steady_clock reads.
  ::syscall(SYS_futex, &sequence_, FUTEX_WAIT_BITSET, sequence, timeout, nullptr, sleeper);
}

void DoorbellReceiver::enter() {
  const std::lock_guard lock(mutex_);
  bell_.awake_.store(++awake_);
}

void DoorbellReceiver::leave() {
  const std::lock_guard lock(mutex_);
  publish_leave();
}

void DoorbellReceiver::leave(Doorbell::Sleeper sleeper) {
  const std::lock_guard lock(mutex_);
  sleeper_ = sleeper;
  publish_leave();
}

void DoorbellReceiver::publish_leave() {
  if (bell_.sleeper_.load() != sleeper_) bell_.sleeper_.store(sleeper_);
  bell_.rung_.store(0);
  bell_.awake_.store(--awake_);
}

int spin_limit() {
  static const int limit = allowed_cpus() == 1 ? 0 : 1000;
  return limit;
}

}  // namespace manta
