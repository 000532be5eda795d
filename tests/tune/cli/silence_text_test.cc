// SPDX-License-Identifier: Apache-2.0
// The line about trials that say nothing.
#include "tune/cli/silence_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace manta::silence_text_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Silence silence(std::int64_t trials) {
  Silence silence{.trials = {}, .time = std::chrono::seconds(30)};
  for (std::int64_t number = 0; number < trials; ++number) silence.trials.push_back({{number}, "in iteration 1", ""});
  return silence;
}

TEST(SilenceLineTest, NamesWhoWaitsForWhomAndWhatToType) {
  Silence one = silence(1);
  one.waiting = 8;

  EXPECT_EQ(silence_line(one, "runs/a b"),
            "no answer for 30.0 s: 8 trials wait for trial 0 (in iteration 1); if that is no work, `manta kill 'runs/a b' 0` "
            "ends it, `manta set 'runs/a b' stall-timeout=60s` whatever is silent for so long, and shows where it was");
}

TEST(SilenceLineTest, WhereNobodyWaitsItSaysOfWhomNothingComes) {
  EXPECT_THAT(silence_line(silence(2), "run"),
              StartsWith("no answer for 30.0 s from trial 0 (in iteration 1), trial 1 (in iteration 1); "));
}

TEST(SilenceLineTest, ManyAreCounted) {
  EXPECT_THAT(silence_line(silence(9), "run"), HasSubstr("trial 3 (in iteration 1) and 5 more; "));
}

TEST(SilenceLineTest, TheSearcherMayWaitToo) {
  Silence one = silence(1);
  one.searcher_waits = true;
  EXPECT_THAT(silence_line(one, "run"), HasSubstr(": the searcher waits for trial 0"));
  one.waiting = 1;
  EXPECT_THAT(silence_line(one, "run"), HasSubstr(": 1 trial and the searcher wait for trial 0"));
}

TEST(SilenceLineTest, ALongOneIsAWarningAndSaysWhatTheProcessDoes) {
  Silence one = silence(1);
  one.is_long = true;
  one.time = std::chrono::minutes(5);
  one.trials.front().activity = "its thread computes";

  EXPECT_THAT(silence_line(one, "run"),
              StartsWith("warning: no answer for 5:00 from trial 0 (in iteration 1: its thread computes); "));
}

TEST(SilenceLineTest, ADeterministicRunCannotBeChangedSoNothingOfThatIsAdvised) {
  Silence one = silence(1);
  one.in_order = true;

  EXPECT_THAT(silence_line(one, "run"), HasSubstr("--resume"));
  EXPECT_THAT(silence_line(one, "run"), Not(HasSubstr("manta kill")));
}

}  // namespace
}  // namespace manta::silence_text_test
