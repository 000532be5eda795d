// SPDX-License-Identifier: Apache-2.0
// Many threads wait, one of them at the bell: no wake-up is lost.
#include "core/net/completion_wait.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace manta::completion_wait_test {
namespace {

// Messages that set flags, in place of a node.
class Fixture {
 public:
  explicit Fixture(std::size_t flags) : flags_(flags) {}

  // A worker's side: publishes, then rings.
  void send(std::size_t flag) {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(flag);
    }
    bell_.ring();
  }
  // The node's side, on any of its threads.
  std::size_t take_messages() {
    std::deque<std::size_t> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(messages_);
    }
    for (const std::size_t flag : taken) flags_[flag].store(true);
    if (!taken.empty()) wait_.notify();
    return taken.size();
  }
  bool has_messages() {
    const std::lock_guard lock(mutex_);
    return !messages_.empty();
  }
  // Another thread of the node completes an object without a message.
  void complete(std::size_t flag) {
    flags_[flag].store(true);
    wait_.notify();
  }
  bool wait_for(std::size_t flag, TimePoint deadline = TimePoint::max()) {
    return wait_.wait([&] { return flags_[flag].load(); }, deadline);
  }
  bool is_set(std::size_t flag) const { return flags_[flag].load(); }
  // Another process writes over the doorbell.
  void damage(std::uint32_t word) {
    static_assert(sizeof(Doorbell) == 4 * sizeof word);
    auto* words = reinterpret_cast<std::atomic<std::uint32_t>*>(&bell_);
    for (int i = 0; i < 4; ++i) words[i].store(word);
  }
  void ring_all() { bell_.ring_all(); }
  void serve() { wait_.serve(stop_); }
  void stop() {
    stop_ = true;
    bell_.ring_all();
  }

 private:
  std::mutex mutex_;
  std::deque<std::size_t> messages_;
  std::vector<std::atomic<bool>> flags_;
  std::atomic<bool> stop_{false};
  Doorbell bell_;
  CompletionWait wait_{bell_, CompletionWait::Otherwise::kServiceThread, [this] { return take_messages(); },
                       [this] { return has_messages(); }};
};

TEST(CompletionWaitTest, WhatIsDoneIsNotWaitedFor) {
  Fixture fixture(1);
  fixture.complete(0);

  EXPECT_TRUE(fixture.wait_for(0));
  EXPECT_TRUE(fixture.wait_for(0, TimePoint::min()));
}

TEST(CompletionWaitTest, ADeadlineEndsTheWait) {
  Fixture fixture(1);

  EXPECT_FALSE(fixture.wait_for(0, TimePoint::min()));
  EXPECT_FALSE(fixture.wait_for(0, std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
}

TEST(CompletionWaitTest, ADeadlineEndsTheWaitAlsoWhileMessagesForOthersCome) {
  Fixture fixture(2);
  std::atomic<bool> over{false};
  std::thread sender([&] {
    while (!over) fixture.send(1);
  });

  EXPECT_FALSE(fixture.wait_for(0, std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));

  over = true;
  sender.join();
}

TEST(CompletionWaitTest, TheOnlyWaiterTakesTheMessageItself) {
  Fixture fixture(1);
  fixture.send(0);

  EXPECT_TRUE(fixture.wait_for(0));
}

TEST(CompletionWaitTest, AWaiterIsToldOfWhatAnotherThreadCompletes) {
  for (int round = 0; round < 200; ++round) {
    Fixture fixture(1);
    std::thread waiter([&] { EXPECT_TRUE(fixture.wait_for(0)); });

    fixture.complete(0);

    waiter.join();
  }
}

TEST(CompletionWaitTest, MessagesThatNobodyWaitsForAreLeftToTheServiceThread) {
  Fixture fixture(2);
  std::thread service([&] { fixture.serve(); });
  fixture.send(0);
  EXPECT_TRUE(fixture.wait_for(0));  // By whichever of the two.

  fixture.send(1);
  EXPECT_TRUE(fixture.wait_for(1));

  fixture.stop();
  service.join();
}

TEST(CompletionWaitTest, ABellThatWasWrittenOverWorksAgainOnceItWasRungByHand) {
  for (const std::uint32_t word : {0u, 1u, 0x7f7f7f7fu, ~0u}) {
    Fixture fixture(2);
    std::thread service([&] { fixture.serve(); });
    fixture.damage(word);
    fixture.send(0);
    fixture.ring_all();
    while (!fixture.is_set(0)) std::this_thread::yield();

    fixture.send(1);
    while (!fixture.is_set(1)) std::this_thread::yield();

    fixture.stop();
    service.join();
  }
}

// `waiters` threads wait for flags of their own, one after the other, while a sender sets them in turn.
void run_waiters(std::size_t waiters, std::size_t rounds, bool with_service, bool by_message) {
  Fixture fixture(waiters * rounds);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < waiters; ++i)
    threads.emplace_back([&, i] {
      for (std::size_t round = 0; round < rounds; ++round) EXPECT_TRUE(fixture.wait_for(round * waiters + i));
    });
  std::thread service;
  if (with_service) service = std::thread([&] { fixture.serve(); });
  // In turn, so that the thread at the bell often is not the one whose flag is set.
  for (std::size_t flag = 0; flag < waiters * rounds; ++flag)
    if (by_message || flag % 2 == 0) {
      fixture.send(flag);
    } else {
      fixture.complete(flag);
    }
  for (std::thread& thread : threads) thread.join();
  fixture.stop();
  if (with_service) service.join();
}

TEST(CompletionWaitTest, ManyWaitersTakeTurnsAtTheBell) { run_waiters(4, 500, false, true); }

TEST(CompletionWaitTest, ManyWaitersAndTheServiceThreadShareTheWork) { run_waiters(4, 500, true, true); }

TEST(CompletionWaitTest, ManyWaitersAreToldByMessagesAndByOtherThreads) { run_waiters(4, 500, true, false); }

// Each flag is sent only when the one before was seen: whoever sleeps must be woken each time.
TEST(CompletionWaitTest, EachOfManySleepersIsWokenByItsOwnAnswer) {
  constexpr std::size_t kWaiters = 4;
  constexpr std::size_t kRounds = 300;
  Fixture fixture(kWaiters * kRounds);
  Fixture seen(kWaiters * kRounds);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWaiters; ++i)
    threads.emplace_back([&, i] {
      for (std::size_t flag = i; flag < kWaiters * kRounds; flag += kWaiters) {
        EXPECT_TRUE(fixture.wait_for(flag));
        seen.send(flag);
      }
    });

  for (std::size_t flag = 0; flag < kWaiters * kRounds; ++flag) {
    fixture.send(flag);
    EXPECT_TRUE(seen.wait_for(flag));
  }

  for (std::thread& thread : threads) thread.join();
}

// Waiters give up again and again; the answers still come, to whoever is left.
TEST(CompletionWaitTest, WaitersThatGiveUpTakeNobodysWakeUpAway) {
  constexpr std::size_t kRounds = 300;
  Fixture fixture(kRounds);
  std::atomic<bool> over{false};
  std::thread impatient([&] {
    while (!over) fixture.wait_for(kRounds - 1, std::chrono::steady_clock::now() + std::chrono::microseconds(20));
  });
  std::thread service([&] { fixture.serve(); });

  for (std::size_t flag = 0; flag < kRounds; ++flag) {
    std::thread sender([&] { fixture.send(flag); });
    EXPECT_TRUE(fixture.wait_for(flag));
    sender.join();
  }

  over = true;
  impatient.join();
  fixture.stop();
  service.join();
}

}  // namespace
}  // namespace manta::completion_wait_test
