// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/hypervolume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "core/base/random.h"

namespace manta::hypervolume_test {
namespace {

using ::testing::ElementsAre;

LossTable table_of(const std::vector<std::vector<double>>& points) {
  LossTable table(points.front().size());
  for (const std::vector<double>& point : points) table.add(point);
  return table;
}

double volume_of(const std::vector<std::vector<double>>& points, const std::vector<double>& reference) {
  return hypervolume(table_of(points), reference);
}

// By inclusion and exclusion over all subsets: each dominates together the box behind its worst corner.
double by_subsets(const LossTable& table, const std::vector<double>& reference) {
  double sum = 0;
  for (std::size_t subset = 1; subset < std::size_t{1} << table.size(); ++subset) {
    double box = 1;
    for (std::size_t objective = 0; objective < table.objectives(); ++objective) {
      double corner = -1e9;
      for (std::size_t i = 0; i < table.size(); ++i) {
        if ((subset >> i & 1) != 0) corner = std::max(corner, table[i][objective]);
      }
      box *= std::max(0.0, reference[objective] - corner);
    }
    sum += (std::popcount(subset) % 2 == 1) ? box : -box;
  }
  return sum;
}

LossTable random_table(RandomStream& random, std::size_t size, std::size_t objectives) {
  LossTable table(objectives);
  for (std::size_t i = 0; i < size; ++i) {
    std::vector<double> point(objectives);
    for (double& loss : point) loss = static_cast<double>(random.below(12)) / 10;
    table.add(point);
  }
  return table;
}

TEST(HypervolumeTest, OfOneObjectiveIsTheDistance) { EXPECT_DOUBLE_EQ(volume_of({{3}, {1}, {2}}, {5}), 4); }

TEST(HypervolumeTest, OfTwoIsTheAreaOfTheStairs) {
  EXPECT_DOUBLE_EQ(volume_of({{1, 3}, {2, 2}, {3, 1}}, {4, 4}), 3 * 1 + 2 * 1 + 1 * 1);
  EXPECT_DOUBLE_EQ(volume_of({{1, 3}, {2, 2}, {3, 1}, {3, 3}, {2, 2}}, {4, 4}), 6) << "the others add nothing";
}

TEST(HypervolumeTest, OfThreeIsTheVolumeOfTheUnion) {
  EXPECT_DOUBLE_EQ(volume_of({{1, 1, 1}}, {2, 3, 4}), 1 * 2 * 3);
  EXPECT_DOUBLE_EQ(volume_of({{0, 1, 1}, {1, 0, 1}, {1, 1, 0}}, {2, 2, 2}), 1 + 3);
}

TEST(HypervolumeTest, WhatIsNotBetterThanTheReferenceAddsNothing) {
  EXPECT_EQ(hypervolume(LossTable(2), std::vector<double>{1, 1}), 0);
  EXPECT_EQ(volume_of({{1, 0}, {0, 1}, {2, -5}}, {1, 1}), 0);
  EXPECT_EQ(volume_of({{-9, 0, 1}}, {1, 1, 1}), 0);
}

TEST(HypervolumePropertyTest, IsWhatInclusionAndExclusionGive) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomStream random(seed, 0);
    const std::size_t objectives = 1 + random.below(4);
    const LossTable table = random_table(random, 1 + random.below(8), objectives);
    const std::vector<double> reference(objectives, 1);

    EXPECT_NEAR(hypervolume(table, reference), by_subsets(table, reference), 1e-12) << "seed " << seed;
  }
}

TEST(HypervolumePropertyTest, OverTimeItIsThatOfEachBeginning) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    RandomStream random(seed, 1);
    const std::size_t objectives = 2 + random.below(2);
    const LossTable table = random_table(random, 20, objectives);
    const std::vector<double> reference(objectives, 1);

    const std::vector<double> over_time = hypervolume_over_time(table, reference);

    ASSERT_EQ(over_time.size(), table.size());
    EXPECT_TRUE(std::ranges::is_sorted(over_time));
    LossTable beginning(objectives);
    for (std::size_t i = 0; i < table.size(); ++i) {
      beginning.add(table[i]);
      EXPECT_NEAR(over_time[i], hypervolume(beginning, reference), 1e-12) << "seed " << seed << ", point " << i;
    }
  }
}

TEST(HypervolumeTest, InTheUnitBoxTheBestIsZeroAndTheWorstOne) {
  const LossTable scaled = in_unit_box(table_of({{-1e308, 7, 2}, {1e308, 7, 4}, {0, 7, 3}}));

  EXPECT_THAT(scaled[0], ElementsAre(0, 0, 0));
  EXPECT_THAT(scaled[1], ElementsAre(1, 0, 1));
  EXPECT_THAT(scaled[2], ElementsAre(0.5, 0, 0.5));
}

}  // namespace
}  // namespace manta::hypervolume_test
