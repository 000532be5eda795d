// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/pareto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/base/random.h"

namespace manta::pareto_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

LossTable table_of(const std::vector<std::vector<double>>& points) {
  LossTable table(points.empty() ? 2 : points.front().size());
  for (const std::vector<double>& point : points) table.add(point);
  return table;
}

// With few different values, so that there are equal ones.
LossTable random_table(RandomStream& random, std::size_t size, std::size_t objectives) {
  LossTable table(objectives);
  for (std::size_t i = 0; i < size; ++i) {
    std::vector<double> point(objectives);
    for (double& loss : point) loss = static_cast<double>(random.below(6));
    table.add(point);
  }
  return table;
}

TEST(ParetoTest, DominatesWhoIsNowhereWorseAndSomewhereBetter) {
  const auto is_dominating = [](std::vector<double> a, std::vector<double> b) { return dominates(a, b); };

  EXPECT_TRUE(is_dominating({1, 2}, {1, 3}));
  EXPECT_TRUE(is_dominating({0, 2}, {1, 3}));
  EXPECT_FALSE(is_dominating({1, 2}, {1, 2})) << "equal";
  EXPECT_FALSE(is_dominating({0, 4}, {1, 3}));
  EXPECT_FALSE(is_dominating({1, 3}, {1, 2}));
}

TEST(ParetoTest, TheFrontHasWhatNobodyDominatesAndEqualPointsTogether) {
  EXPECT_THAT(pareto_front(table_of({})), IsEmpty());
  EXPECT_THAT(pareto_front(table_of({{3, 1}, {2, 2}, {1, 3}, {2, 3}, {2, 2}})), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(pareto_front(table_of({{3}, {1}, {2}, {1}})), ElementsAre(1, 3));
}

TEST(ParetoTest, RanksCountTheFrontsBefore) {
  EXPECT_THAT(domination_ranks(table_of({{1, 4}, {2, 5}, {4, 1}, {3, 6}, {2, 3}})), ElementsAre(0, 1, 0, 2, 0));
  EXPECT_THAT(domination_ranks(table_of({{5}, {1}, {3}, {1}})), ElementsAre(2, 0, 1, 0));
}

TEST(ParetoTest, WhoKeepsTheConstraintsComesFirstThenTheSmallerViolation) {
  const std::vector<double> violations{0.5, 0, 2, 0, 0.5};

  EXPECT_THAT(domination_ranks(table_of({{0, 0}, {5, 6}, {0, 0}, {6, 5}, {9, 9}}), violations),
              ElementsAre(1, 0, 2, 0, 1));
}

TEST(ParetoTest, CrowdingIsWhatNeighboursLeaveFree) {
  const LossTable table = table_of({{0, 10}, {1, 8}, {9, 9}, {4, 2}, {10, 0}});
  const std::vector<std::size_t> members{0, 1, 3, 4};

  const std::vector<double> distances = crowding_distances(table, members);

  EXPECT_THAT(distances, ElementsAre(kInfinity, 0.4 + 0.8, 0.9 + 0.8, kInfinity));
}

TEST(ParetoTest, CrowdingOfFewOrEqualOrInfinitePointsIsANumber) {
  const std::vector<std::size_t> three{0, 1, 2};

  EXPECT_THAT(crowding_distances(table_of({}), {}), IsEmpty());
  EXPECT_THAT(crowding_distances(table_of({{1, 1}, {1, 1}, {1, 1}}), three), ElementsAre(kInfinity, 0, kInfinity));
  EXPECT_THAT(crowding_distances(table_of({{-1e308, 1e308}, {0, 0}, {1e308, -1e308}}), three),
              ElementsAre(kInfinity, 0, kInfinity));
}

TEST(ParetoPropertyTest, RanksAreWhatTakingFrontsAwayGives) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, 0);
    const std::size_t objectives = 1 + random.below(4);
    const LossTable table = random_table(random, 1 + random.below(30), objectives);
    const std::vector<std::size_t> ranks = domination_ranks(table);

    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < table.size(); ++i) left.push_back(i);
    for (std::size_t rank = 0; !left.empty(); ++rank) {
      LossTable rest(objectives);
      for (const std::size_t i : left) rest.add(table[i]);
      for (const std::size_t place : pareto_front(rest)) EXPECT_EQ(ranks[left[place]], rank) << "seed " << seed;
      std::erase_if(left, [&](std::size_t i) { return ranks[i] == rank; });
    }
  }
}

TEST(ParetoPropertyTest, EveryPointIsInTheFrontOrDominatedByOneOfIt) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed, 1);
    const LossTable table = random_table(random, 1 + random.below(40), 1 + random.below(4));
    const std::vector<std::size_t> front = pareto_front(table);

    for (std::size_t i = 0; i < table.size(); ++i) {
      const bool is_in = std::ranges::count(front, i) == 1;
      const bool is_dominated =
          std::ranges::any_of(front, [&](std::size_t member) { return dominates(table[member], table[i]); });
      EXPECT_NE(is_in, is_dominated) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace manta::pareto_test
