// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/ask_pace.h"

#include <gtest/gtest.h>

namespace manta::ask_pace_test {
namespace {

using internal::AskPace;
using std::chrono::milliseconds;

// Slots that all have been filled, and then a trial for one of them every `interval`.
AskPace pace_of(Duration thinking, Duration interval, std::int64_t slots) {
  AskPace pace;
  TimePoint now{};
  for (std::int64_t use = 0; use < 2 * slots; ++use) {
    pace.thought(thinking);
    if (use >= slots) now += interval;
    pace.used(now, slots);
  }
  return pace;
}

TEST(AskPaceTest, NothingIsAskedForAheadBeforeItIsKnownHowLongTrialsTake) {
  AskPace pace;
  EXPECT_EQ(pace.ahead(4), 0);

  for (int use = 0; use < 4; ++use) {
    pace.thought(milliseconds(100));
    pace.used(TimePoint{}, 4);
  }

  EXPECT_EQ(pace.ahead(4), 0);
}

TEST(AskPaceTest, NothingIsAskedForAheadWhereSlotsHardlyWait) {
  // Each trial has its slot for four seconds.
  EXPECT_EQ(pace_of(milliseconds(39), milliseconds(1000), 4).ahead(4), 0);
  EXPECT_EQ(pace_of(milliseconds(41), milliseconds(1000), 4).ahead(4), 1);
}

TEST(AskPaceTest, ManySlotsHaveSeveralSuggestionsReady) {
  const AskPace pace = pace_of(milliseconds(5), milliseconds(2), 64);

  EXPECT_EQ(pace.ahead(64), 4);
  EXPECT_EQ(pace.ahead(2), 1);
}

TEST(AskPaceTest, ATrialAloneIsFollowedByOneThatKnowsItsResult) {
  EXPECT_EQ(pace_of(milliseconds(500), milliseconds(1000), 1).ahead(1), 0);
}

}  // namespace
}  // namespace manta::ask_pace_test
