// SPDX-License-Identifier: Apache-2.0
// The doorbell: whom it wakes, and that no wake-up is lost.
#include "core/shm/doorbell.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>

namespace manta::doorbell_test {
namespace {

TEST(DoorbellTest, ItDoesNotRingWhileTheReceiverIsAwake) {
  Doorbell bell;
  DoorbellReceiver receiver(bell);
  const std::uint32_t before = bell.sequence();

  receiver.enter();
  bell.ring();
  EXPECT_EQ(bell.sequence(), before);
  receiver.leave();
  bell.ring();

  EXPECT_NE(bell.sequence(), before);
}

TEST(DoorbellTest, OneAwakeThreadIsEnough) {
  Doorbell bell;
  DoorbellReceiver receiver(bell);
  receiver.enter();
  receiver.enter();
  receiver.leave();

  bell.ring();

  EXPECT_EQ(bell.sequence(), 0u);
}

TEST(DoorbellTest, OnlyTheFirstOfThoseWhoFindNobodyAwakeRings) {
  Doorbell bell;
  DoorbellReceiver receiver(bell);
  bell.ring();
  const std::uint32_t after_first = bell.sequence();

  bell.ring();
  EXPECT_EQ(bell.sequence(), after_first);
  receiver.enter();
  receiver.leave();
  bell.ring();

  EXPECT_NE(bell.sequence(), after_first) << "the receiver has come and gone";
}

TEST(DoorbellTest, RingAllRingsAlways) {
  Doorbell bell;
  DoorbellReceiver receiver(bell);
  receiver.enter();

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

// Whatever was written there: it is as it should be when its receiver has woken up once.
TEST(DoorbellTest, TheReceiverPutsRightWhatOthersHaveWritten) {
  for (const bool is_awake : {false, true}) {
    for (const int byte : {0x00, 0x01, 0x7f, 0xff}) {
      for (std::size_t word = 0; word <= sizeof(Doorbell) / 4; ++word) {
        Doorbell bell;
        DoorbellReceiver receiver(bell);
        if (is_awake) receiver.enter();
        auto* words = reinterpret_cast<std::byte*>(&bell);
        if (word < sizeof bell / 4) std::memset(words + 4 * word, byte, 4);
        if (word == sizeof bell / 4) std::memset(words, byte, sizeof bell);

        bell.ring_all();
        if (!is_awake) receiver.enter();
        receiver.leave();

        EXPECT_TRUE(bell.is_plausible()) << byte << " " << word;
        const std::uint32_t before = bell.sequence();
        bell.ring();
        EXPECT_NE(bell.sequence(), before) << byte << " " << word;
        receiver.enter();
        const std::uint32_t awake = bell.sequence();
        bell.ring();
        EXPECT_EQ(bell.sequence(), awake) << byte << " " << word;
      }
    }
  }
}

TEST(DoorbellTest, WhatNobodyLeavesItLikeIsNotPlausible) {
  Doorbell bell;
  DoorbellReceiver receiver(bell);
  EXPECT_TRUE(bell.is_plausible());
  bell.ring();
  EXPECT_TRUE(bell.is_plausible());
  receiver.enter();
  receiver.leave(Doorbell::kCaller);
  EXPECT_TRUE(bell.is_plausible());

  for (const int byte : {0x00, 0x01, 0x7f, 0xff}) {
    std::memset(reinterpret_cast<std::byte*>(&bell), byte, sizeof bell);
    EXPECT_FALSE(bell.is_plausible()) << byte;
  }
}

// Counts up `count` when it is this side's turn; `bell` tells this side, `other` the other one.
void take_turns(std::atomic<int>& count, int parity, int turns, Doorbell& bell, Doorbell& other,
                Doorbell::Sleeper sleeper) {
  DoorbellReceiver receiver(bell);
  receiver.enter();
  while (count.load() < turns) {
    if (count.load() % 2 == parity) {
      count.fetch_add(1);
      other.ring();
      continue;
    }
    const std::uint32_t sequence = bell.sequence();
    receiver.leave(sleeper);
    if (count.load() % 2 != parity && count.load() < turns) bell.sleep(sequence, sleeper, TimePoint::max());
    receiver.enter();
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
