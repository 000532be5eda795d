// SPDX-License-Identifier: Apache-2.0
// Signals to this very process.
#include "tune/cli/signal_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <vector>

namespace manta::signal_watch_test {
namespace {

TEST(SignalWatchTest, TheFirstSignalCallsBack) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::promise<int> called;
    auto watch = SignalWatch::start([&](int number) { called.set_value(number); });
    ASSERT_TRUE(watch.has_value());
    EXPECT_EQ((*watch)->received(), 0);

    raise(signal);

    EXPECT_EQ(called.get_future().get(), signal);
    EXPECT_EQ((*watch)->received(), signal);
  }
}

TEST(SignalWatchTest, WithoutASignalNothingIsCalled) {
  bool called = false;
  {
    auto watch = SignalWatch::start([&](int) { called = true; });
  }
  EXPECT_FALSE(called);
}

TEST(SignalWatchTest, ThereIsOneAtATime) {
  auto first = SignalWatch::start([](int) {});

  const auto second = SignalWatch::start([](int) {});

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kFailedPrecondition);
  first.value().reset();
  EXPECT_TRUE(SignalWatch::start([](int) {}).has_value());
}

std::atomic<int> former_calls{0};

TEST(SignalWatchTest, AFormerHandlerIsCalledTooAndComesBack) {
  former_calls = 0;
  const auto original = std::signal(SIGINT, [](int) { ++former_calls; });
  {
    std::promise<void> called;
    auto watch = SignalWatch::start([&](int) { called.set_value(); });
    raise(SIGINT);
    called.get_future().wait();
    EXPECT_EQ(former_calls, 1);
  }

  raise(SIGINT);

  EXPECT_EQ(former_calls, 2);
  std::signal(SIGINT, original);
}

TEST(SignalWatchTest, AnIgnoredSignalStaysIgnored) {
  const auto original = std::signal(SIGHUP, SIG_IGN);
  auto watch = SignalWatch::start([](int) {});

  raise(SIGHUP);

  EXPECT_EQ((*watch)->received(), 0);
  watch.value().reset();
  std::signal(SIGHUP, original);
}

TEST(SignalWatchTest, ARepeatedHangupIsNoSecondSignal) {
  auto watch = SignalWatch::start([](int) {});

  raise(SIGHUP);
  raise(SIGHUP);

  EXPECT_EQ((*watch)->received(), SIGHUP);
}

void raise_twice(int first, int second) {
  auto watch = SignalWatch::start([](int) {});
  raise(first);
  raise(second);
}

TEST(SignalWatchDeathTest, TheSecondSignalEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(raise_twice(SIGINT, SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(raise_twice(SIGINT, SIGTERM), ::testing::ExitedWithCode(143), "");
  EXPECT_EXIT(raise_twice(SIGHUP, SIGINT), ::testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace manta::signal_watch_test
