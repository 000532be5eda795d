// SPDX-License-Identifier: Apache-2.0
#include "core/worker/call_timer.h"

#include <gtest/gtest.h>

#include <optional>

namespace manta::call_timer_test {
namespace {

TimePoint at(int nanoseconds) { return TimePoint(Duration(nanoseconds)); }

TEST(CallTimerTest, SaysSinceWhenTheOldestRuns) {
  LinkLayout link;
  CallTimer timer(link);
  std::optional<CallTimer::Scope> first(std::in_place, timer, at(10), 1);
  {
    const CallTimer::Scope second(timer, at(20), 2);
    EXPECT_EQ(link.running_since, 10);
    EXPECT_EQ(link.running_function, 1u);
    first.reset();
    EXPECT_EQ(link.running_since, 20);
    EXPECT_EQ(link.running_function, 2u);
  }
  EXPECT_EQ(link.running_since, 0);
  EXPECT_EQ(link.running_function, 0u);
}

TEST(CallTimerTest, TwoMayBeginTogether) {
  LinkLayout link;
  CallTimer timer(link);
  {
    const CallTimer::Scope one(timer, at(10), 1);
    {
      const CallTimer::Scope other(timer, at(10), 1);
    }
    EXPECT_EQ(link.running_since, 10);
  }
  EXPECT_EQ(link.running_since, 0);
}

TEST(CallTimerTest, TheFirstNanosecondIsNotIdleness) {
  LinkLayout link;
  CallTimer timer(link);
  const CallTimer::Scope call(timer, at(0), 1);
  EXPECT_NE(link.running_since, 0);
}

}  // namespace
}  // namespace manta::call_timer_test
