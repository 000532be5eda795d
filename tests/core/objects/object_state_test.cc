// SPDX-License-Identifier: Apache-2.0
// An object's way from pending to its outcome.
#include "core/objects/object_state.h"

#include <gtest/gtest.h>

#include <thread>

namespace manta::object_state_test {
namespace {

EncodedValue value_of(int number) { return {{static_cast<std::byte>(number)}, nullptr}; }

TEST(ObjectStateTest, ItIsPendingUntilItIsCompleted) {
  ObjectState object;
  EXPECT_FALSE(object.is_ready());

  object.complete(value_of(3));

  ASSERT_TRUE(object.is_ready());
  EXPECT_EQ(object.outcome()->bytes()[0], std::byte{3});
}

TEST(ObjectStateTest, TheFirstOutcomeStays) {
  ObjectState object;
  object.complete(Error{ErrorCode::kCancelled, "first"});

  object.complete(value_of(4));

  EXPECT_EQ(object.outcome().error().message, "first");
}

TEST(ObjectStateTest, CallbacksRunOnceInOrderWhenItIsReady) {
  ObjectState object;
  std::string order;
  object.then([&] { order += 'a'; });
  object.then([&] { order += object.is_ready() ? 'b' : '?'; });
  EXPECT_EQ(order, "");

  object.complete(value_of(1));
  object.complete(value_of(2));

  EXPECT_EQ(order, "ab");
}

TEST(ObjectStateTest, ACallbackOfAReadyObjectRunsAtOnce) {
  ObjectState object;
  object.complete(value_of(1));
  bool ran = false;

  object.then([&] { ran = true; });

  EXPECT_TRUE(ran);
}

TEST(ObjectStateTest, ACallbackMayAddAnother) {
  ObjectState object;
  int ran = 0;
  object.then([&] { object.then([&] { ++ran; }); });

  object.complete(value_of(1));

  EXPECT_EQ(ran, 1);
}

TEST(ObjectStateTest, EveryCallbackRunsOnceWhileThreadsAddAndComplete) {
  for (int round = 0; round < 200; ++round) {
    ObjectState object;
    std::atomic<int> ran{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) object.then([&] { ++ran; });
      });
    threads.emplace_back([&] { object.complete(value_of(1)); });
    for (std::thread& thread : threads) thread.join();

    ASSERT_EQ(ran.load(), 40);
  }
}

}  // namespace
}  // namespace manta::object_state_test
