// SPDX-License-Identifier: Apache-2.0
// Calls in flight are found by their numbers, whatever order they are answered in.
#include "core/node/call_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::call_window_test {
namespace {

using ::testing::ElementsAre;

Call call_of(std::uint64_t function) { return {.function = function}; }

std::vector<std::uint64_t> drain(CallWindow& window) {
  std::vector<std::uint64_t> functions;
  window.drain_latest_first([&](const Call& call) { functions.push_back(call.function); });
  return functions;
}

TEST(CallWindowTest, ACallIsFoundUntilItIsTaken) {
  CallWindow window;
  EXPECT_TRUE(window.empty());

  const std::uint64_t expected = window.next();
  const std::uint64_t number = window.put(call_of(7));

  EXPECT_EQ(number, expected);
  ASSERT_NE(window.find(number), nullptr);
  EXPECT_EQ(window.find(number)->function, 7u);
  EXPECT_EQ(window.size(), 1u);
  EXPECT_EQ(window.take(number)->function, 7u);
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.find(number), nullptr);
  EXPECT_FALSE(window.take(number));
}

TEST(CallWindowTest, NumbersOfOthersAreNotThere) {
  CallWindow window;
  const std::uint64_t number = window.put(call_of(1));

  EXPECT_EQ(window.find(0), nullptr);
  EXPECT_EQ(window.find(number + 1), nullptr);
  EXPECT_EQ(window.find(~std::uint64_t{0}), nullptr);
}

TEST(CallWindowTest, AnswersMayComeInAnyOrder) {
  CallWindow window;
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 5; ++i) numbers.push_back(window.put(call_of(i)));

  for (const std::size_t i : {3u, 0u, 4u, 1u, 2u}) {
    const auto taken = window.take(numbers[i]);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->function, i);
  }
  EXPECT_TRUE(window.empty());
  EXPECT_GT(window.put(call_of(9)), numbers.back());
}

TEST(CallWindowTest, WhatIsLeftIsDrainedLatestFirst) {
  CallWindow window;
  window.put(call_of(1));
  const std::uint64_t second = window.put(call_of(2));
  const std::uint64_t third = window.put(call_of(3));
  window.take(second);

  EXPECT_THAT(drain(window), ElementsAre(3, 1));
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.find(third), nullptr);
  EXPECT_GT(window.put(call_of(4)), third);
  EXPECT_THAT(drain(window), ElementsAre(4));
}

TEST(CallWindowTest, SomeAreTakenOutLatestFirst) {
  CallWindow window;
  for (std::uint64_t i = 1; i <= 5; ++i) window.put(call_of(i));
  std::vector<std::uint64_t> taken;

  window.take_latest_first([](const Call& call) { return call.function >= 3; },
                           [&](const Call& call) { taken.push_back(call.function); });

  EXPECT_THAT(taken, ElementsAre(5, 4, 3));
  EXPECT_EQ(window.size(), 2u);
  EXPECT_THAT(drain(window), ElementsAre(2, 1));
}

TEST(CallWindowTest, FewThatStayDoNotMakeItGrow) {
  CallWindow window;
  std::vector<std::uint64_t> staying;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t number = window.put(call_of(i));
    if (i % 50'000 == 0) {
      staying.push_back(number);
    } else {
      EXPECT_TRUE(window.take(number));
    }
  }

  EXPECT_EQ(window.size(), 2u);
  EXPECT_LE(window.room(), 1024u);
  ASSERT_NE(window.find(staying[0]), nullptr);
  EXPECT_EQ(window.find(staying[1])->function, 50'000u);
  EXPECT_EQ(window.find(staying[0] + 1), nullptr);
  EXPECT_EQ(window.take(staying[1])->function, 50'000u);
  EXPECT_FALSE(window.take(staying[1]));
  const std::uint64_t latest = window.put(call_of(7));
  EXPECT_NE(window.find(latest), nullptr);
  EXPECT_THAT(drain(window), ElementsAre(7, 0)) << "latest first";
  EXPECT_TRUE(window.empty());
}

}  // namespace
}  // namespace manta::call_window_test
