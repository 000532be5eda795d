// SPDX-License-Identifier: Apache-2.0
// The counter-based generator against published values, and its distributions.
#include "core/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace manta::random_test {
namespace {

std::vector<std::uint64_t> draws(RandomStream stream, int n) {
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < n; ++i) numbers.push_back(stream());
  return numbers;
}

TEST(RandomStreamTest, ZeroKeyAndCounterGiveTheKnownAnswerOfPhilox4x32With10Rounds) {
  RandomStream stream(0, 0, 0);

  EXPECT_EQ(stream(), 0xe169c58d'6627e8d5u);
  EXPECT_EQ(stream(), 0x9b00dbd8'bc57ac4cu);
}

TEST(RandomStreamTest, EqualKeysGiveEqualNumbers) {
  EXPECT_EQ(draws(RandomStream(7, 3, 11), 100), draws(RandomStream(7, 3, 11), 100));
}

TEST(RandomStreamTest, EveryPartOfTheKeyMattersInItsWholeWidth) {
  const std::vector<RandomStream> streams{{0, 0, 0},          {1, 0, 0}, {1ull << 63, 0, 0}, {0, 1, 0},
                                          {0, 1ull << 63, 0}, {0, 0, 1}, {0, 0, 1u << 31}};
  std::set<std::uint64_t> first;
  for (const RandomStream& stream : streams) first.insert(draws(stream, 1).front());

  EXPECT_EQ(first.size(), streams.size());
}

TEST(RandomStreamTest, AStreamDoesNotRepeatItself) {
  const std::vector<std::uint64_t> numbers = draws(RandomStream(1, 2, 3), 10000);

  EXPECT_EQ(std::set<std::uint64_t>(numbers.begin(), numbers.end()).size(), numbers.size());
}

TEST(RandomStreamTest, UniformFillsTheUnitIntervalEvenlyAndStaysBelowOne) {
  RandomStream stream(5, 0);
  std::vector<int> counts(10);
  for (int i = 0; i < 100000; ++i) {
    const double u = stream.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    ++counts[static_cast<std::size_t>(u * 10)];
  }

  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - 10000.0, 2) / 10000.0;
  EXPECT_LT(chi_square, 27.9) << "9 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(RandomStreamTest, BelowOneIsAlwaysZero) {
  RandomStream stream(5, 1);

  for (int i = 0; i < 10; ++i) EXPECT_EQ(stream.below(1), 0u);
}

TEST(RandomStreamTest, BelowReachesEveryNumberEquallyOften) {
  RandomStream stream(5, 2);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts.at(stream.below(7));

  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - 10000.0, 2) / 10000.0;
  EXPECT_LT(chi_square, 22.5) << "6 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(RandomStreamTest, BelowAHugeBoundHasNoBiasToItsLowerHalf) {
  // With a plain remainder two thirds of the numbers would lie in the lower half of this range.
  constexpr std::uint64_t kBound = 3ull << 62;
  RandomStream stream(5, 3);
  int low = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t number = stream.below(kBound);
    ASSERT_LT(number, kBound);
    low += number < kBound / 2 ? 1 : 0;
  }

  EXPECT_NEAR(low, 5000, 250);
}

TEST(RandomStreamTest, NormalHasMeanZeroAndVarianceOne) {
  RandomStream stream(5, 4);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  int within_one = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double z = stream.normal();
    sum += z;
    squares += z * z;
    within_one += std::abs(z) < 1 ? 1 : 0;
  }

  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.03);
  EXPECT_NEAR(within_one / double{kDraws}, 0.6827, 0.01);
}

TEST(RandomStreamTest, ItDrivesTheAlgorithmsOfTheStandardLibrary) {
  std::vector<int> numbers{1, 2, 3, 4, 5, 6, 7, 8};
  std::ranges::shuffle(numbers, RandomStream(1, 0));

  EXPECT_FALSE(std::ranges::is_sorted(numbers));
  std::ranges::sort(numbers);
  EXPECT_EQ(numbers, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(HashNameTest, ItIsFnv1aOf64Bits) {
  EXPECT_EQ(hash_name(""), 0xcbf29ce484222325u);
  EXPECT_EQ(hash_name("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(hash_name("foobar"), 0x85944171f73967e8u);
}

}  // namespace
}  // namespace manta::random_test
