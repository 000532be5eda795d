// SPDX-License-Identifier: Apache-2.0
#include "core/node/direct_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/objects/object_state.h"

namespace manta::direct_pairs_test {
namespace {

TEST(DirectPairsTest, APairIsFoundByItsEndsAndItsSlot) {
  DirectPairs pairs;
  DirectPair* pair = pairs.add(1, 2, 77, 1);
  ASSERT_NE(pair, nullptr);

  EXPECT_EQ(pairs.find(1, 77), pair);
  EXPECT_EQ(pairs.between(1, 2), pair);
  EXPECT_EQ(pairs.at(pair->slot), pair);
  EXPECT_EQ(pairs.find(2, 77), nullptr);
  EXPECT_EQ(pairs.between(2, 1), nullptr);
  EXPECT_EQ(pairs.at(pair->slot + 1), nullptr);
  EXPECT_EQ(pairs.at(~std::uint64_t{0}), nullptr);
}

TEST(DirectPairsTest, TwoWorkersHaveOneEachWay) {
  DirectPairs pairs;
  ASSERT_NE(pairs.add(1, 2, 77, 1), nullptr);

  EXPECT_EQ(pairs.add(1, 2, 77, 2), nullptr);
  EXPECT_NE(pairs.add(2, 1, 78, 1), nullptr);
}

TEST(DirectPairsTest, ACallerHasNoMoreThanItsShare) {
  DirectPairs pairs;
  for (std::uint64_t callee = 2; callee < 2 + DirectPairs::kMostOfCaller; ++callee)
    ASSERT_NE(pairs.add(1, callee, callee, 1), nullptr);

  EXPECT_EQ(pairs.add(1, 1000, 1000, 1), nullptr);
  EXPECT_NE(pairs.add(3, 1000, 1000, 1), nullptr);
}

TEST(DirectPairsTest, NorDoesACallee) {
  DirectPairs pairs;
  for (std::uint64_t caller = 2; caller < 2 + DirectPairs::kMostOfCallee; ++caller)
    ASSERT_NE(pairs.add(caller, 1, 77, caller), nullptr);

  EXPECT_EQ(pairs.add(1000, 1, 77, 1000), nullptr);
}

TEST(DirectPairsTest, SlotsAreUsedAgain) {
  DirectPairs pairs;
  const auto add = [&](std::uint64_t i) { return pairs.add(1000 + i, 2000 + i, i, 1); };
  for (std::uint64_t i = 0; i < DirectSlots::kCount; ++i) ASSERT_NE(add(i), nullptr) << i;
  EXPECT_EQ(add(5000), nullptr);

  pairs.remove(17);

  DirectPair* pair = add(5000);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(pair->slot, 17u);
}

TEST(DirectPairsTest, AKeyThatNoNumberHoldsIsNoPairs) {
  DirectPairs pairs;
  EXPECT_NE(pairs.add(1, 2, 77, DirectNumber::kKeyMax), nullptr);
  EXPECT_EQ(pairs.add(3, 2, 77, DirectNumber::kKeyMax + 1), nullptr);
}

TEST(DirectPairsTest, PromisesAreTakenOnce) {
  DirectPairs pairs;
  const ObjectId id{.process = 1, .number = 5};
  pairs.add_promise(id, {.object = make_object(id), .callee = 2, .call_name = "f"});
  pairs.add_promise({.process = 1, .number = 6}, {.object = make_object(), .callee = 3, .call_name = "g"});

  EXPECT_EQ(pairs.find_promise(id)->call_name, "f");
  EXPECT_EQ(pairs.take_promises([](const ObjectId&, const DirectPromise& one) { return one.callee == 3; }).size(), 1u);
  EXPECT_TRUE(pairs.take_promise(id));
  EXPECT_FALSE(pairs.take_promise(id));
  EXPECT_EQ(pairs.find_promise(id), nullptr);
}

TEST(DirectNumberTest, SaysWhoseCallItIs) {
  const std::uint64_t number = DirectNumber::of(DirectNumber::kKeyMax, 12345);
  EXPECT_TRUE(DirectNumber::is(number));
  EXPECT_FALSE(DirectNumber::is(12345));
  EXPECT_EQ(DirectNumber::key(number), DirectNumber::kKeyMax);
  EXPECT_EQ(DirectNumber::call(number), 12345u);
}

TEST(BellBoardTest, EachBellIsOneWorkersAndIsUsedAgainLate) {
  BellBoard board;
  const std::uint32_t first = board.take();
  board.give_back(first);
  std::set<std::uint32_t> taken;
  for (std::uint32_t i = 0; i < NodePage::kBells; ++i) taken.insert(board.take());

  EXPECT_EQ(taken.size(), NodePage::kBells);
  EXPECT_FALSE(taken.contains(0));
  EXPECT_EQ(board.take(), 0u);
  board.give_back(7);
  EXPECT_EQ(board.take(), 7u);
  board.give_back(0);
  EXPECT_EQ(board.take(), 0u);
}

}  // namespace
}  // namespace manta::direct_pairs_test
