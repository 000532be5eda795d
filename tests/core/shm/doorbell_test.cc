// SPDX-License-Identifier: Apache-2.0
// The doorbell: whom it wakes, and that no wake-up is lost.
#include "core/shm/doorbell.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace manta::doorbell_test {
namespace {

TEST(DoorbellTest, ItDoesNotRingWhileTheReceiverIsAwake) {
  Doorbell bell;
  const std::uint32_t before = bell.sequence();

  bell.enter();
  bell.ring();
  EXPECT_EQ(bell.sequence(), before);
  bell.leave();
  bell.ring();

  EXPECT_NE(bell.sequence(), before);
}

TEST(DoorbellTest, OneAwakeThreadIsEnough) {
  Doorbell bell;
  bell.enter();
  bell.enter();
  bell.leave();

  bell.ring();

  EXPECT_EQ(bell.sequence(), 0u);
}

TEST(DoorbellTest, OnlyTheFirstOfThoseWhoFindNobodyAwakeRings) {
  Doorbell bell;
  bell.ring();
  const std::uint32_t after_first = bell.sequence();

  bell.ring();
  EXPECT_EQ(bell.sequence(), after_first);
  bell.enter();
  bell.leave();
  bell.ring();

  EXPECT_NE(bell.sequence(), after_first) << "the receiver has come and gone";
}

TEST(DoorbellTest, RingAllRingsAlways) {
  Doorbell bell;
  bell.enter();

  bell.ring_all();

  EXPECT_NE(bell.sequence(), 0u);
}

TEST(DoorbellTest, NobodySleepsThroughABellThatRangBefore) {
  Doorbell bell;
  const std::uint32_t sequence = bell.sequence();
  bell.ring();

  bell.sleep(sequence, Doorbell::kService, TimePoint::max());  // Returns at once, or the test never ends.

  EXPECT_NE(bell.sequence(), sequence);
}

TEST(DoorbellTest, ASleepEndsAtItsDeadline) {
  Doorbell bell;
  const TimePoint deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);

  while (std::chrono::steady_clock::now() < deadline) bell.sleep(bell.sequence(), Doorbell::kCaller, deadline);

  EXPECT_EQ(bell.sequence(), 0u);
}

// Counts up `count` when it is this side's turn; `bell` tells this side, `other` the other one.
void take_turns(std::atomic<int>& count, int parity, int turns, Doorbell& bell, Doorbell& other,
                Doorbell::Sleeper sleeper) {
  bell.set_sleeper(sleeper);
  bell.enter();
  while (count.load() < turns) {
    if (count.load() % 2 == parity) {
      count.fetch_add(1);
      other.ring();
      continue;
    }
    const std::uint32_t sequence = bell.sequence();
    bell.leave();
    if (count.load() % 2 != parity && count.load() < turns) bell.sleep(sequence, sleeper, TimePoint::max());
    bell.enter();
  }
  other.ring_all();
}

TEST(DoorbellTest, NoWakeUpIsLostBetweenTwoThreads) {
  std::atomic<int> count{0};
  Doorbell even;
  Doorbell odd;
  constexpr int kTurns = 10'000;

  std::thread other([&] { take_turns(count, 1, kTurns, odd, even, Doorbell::kCaller); });
  take_turns(count, 0, kTurns, even, odd, Doorbell::kService);
  other.join();

  EXPECT_EQ(count.load(), kTurns);
}

TEST(DoorbellTest, RingAllWakesSleepersOfBothKinds) {
  Doorbell bell;
  std::atomic<bool> over{false};
  const auto sleep_until_over = [&](Doorbell::Sleeper sleeper) {
    while (true) {
      const std::uint32_t sequence = bell.sequence();
      if (over.load()) return;
      bell.sleep(sequence, sleeper, TimePoint::max());
    }
  };
  std::thread service([&] { sleep_until_over(Doorbell::kService); });
  std::thread caller([&] { sleep_until_over(Doorbell::kCaller); });

  over.store(true);
  bell.ring_all();

  service.join();
  caller.join();
}

}  // namespace
}  // namespace manta::doorbell_test
