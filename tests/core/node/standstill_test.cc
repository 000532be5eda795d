// SPDX-License-Identifier: Apache-2.0
// A queue stands still when what lies in it is not taken between two looks.
#include "core/node/standstill.h"

#include <gtest/gtest.h>

namespace manta::standstill_test {
namespace {

TEST(StandstillTest, AQueueStandsStillFromTheSecondLookOn) {
  Standstill standstill;

  EXPECT_FALSE(standstill.look(true, 0));
  EXPECT_TRUE(standstill.look(true, 0));
  EXPECT_TRUE(standstill.look(true, 0));
}

TEST(StandstillTest, OneThatSomebodyTakesFromDoesNot) {
  Standstill standstill;
  for (std::uint64_t taken = 0; taken < 5; ++taken) EXPECT_FALSE(standstill.look(true, taken));

  EXPECT_TRUE(standstill.look(true, 4));
}

TEST(StandstillTest, NorDoesAnEmptyOneOrOneThatHasJustBeenFilled) {
  Standstill standstill;

  EXPECT_FALSE(standstill.look(false, 8));
  EXPECT_FALSE(standstill.look(false, 8));
  EXPECT_FALSE(standstill.look(true, 8));
  EXPECT_FALSE(standstill.look(false, 16));
  EXPECT_FALSE(standstill.look(true, 16));
}

}  // namespace
}  // namespace manta::standstill_test
