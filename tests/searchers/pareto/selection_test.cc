// SPDX-License-Identifier: Apache-2.0
#include "searchers/pareto/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "searchers/pareto/hypervolume.h"

namespace manta::selection_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

LossTable table_of(const std::vector<std::vector<double>>& rows) {
  LossTable table(rows.front().size());
  for (const std::vector<double>& row : rows) table.add(row);
  return table;
}

TEST(SelectionTest, ASubsetCoversTheFrontAndNotOneOfItsCrowds) {
  const LossTable front = table_of({{0, 1}, {0.01, 0.99}, {0.02, 0.98}, {0.4, 0.4}, {1, 0}});

  EXPECT_THAT(covering_subset(front, std::vector<std::size_t>{0, 1, 2, 3, 4}, 3), UnorderedElementsAre(2, 3, 4));
  EXPECT_THAT(covering_subset(front, std::vector<std::size_t>{1, 2}, 3), ElementsAre(1, 2));
  EXPECT_THAT(covering_subset(front, std::vector<std::size_t>{}, 3), IsEmpty());
}

TEST(SelectionTest, ASubsetIsTakenGreedily) {
  LossTable front(3);
  for (int i = 0; i <= 6; ++i) {
    for (int k = 0; k + i <= 6; ++k) front.add(std::vector<double>{i / 6., k / 6., (6 - i - k) / 6.});
  }
  std::vector<std::size_t> members(front.size());
  for (std::size_t i = 0; i < members.size(); ++i) members[i] = i;
  const std::vector<double> reference(3, 1.1);

  const std::vector<std::size_t> chosen = covering_subset(front, members, 8);

  LossTable taken(3);
  for (const std::size_t next : chosen) {
    const auto with = [&](std::size_t member) {
      LossTable table = taken;
      table.add(front[member]);
      return hypervolume(table, reference);
    };
    for (const std::size_t other : members) EXPECT_GE(with(next), with(other) - 1e-12);
    taken.add(front[next]);
  }
}

TEST(SelectionTest, EqualPointsDoNoHarm) {
  const LossTable same = table_of({{1, 1}, {1, 1}, {1, 1}});

  EXPECT_THAT(covering_subset(same, std::vector<std::size_t>{0, 1, 2}, 2), ElementsAre(0, 1));
  EXPECT_EQ(best_by_fronts(same, {}, 2).size(), 2u);
}

TEST(SelectionTest, FrontsComeOneAfterTheOther) {
  const LossTable table = table_of({{3, 3}, {1, 2}, {2, 1}, {2, 2}, {4, 4}});

  EXPECT_THAT(best_by_fronts(table, {}, 2), UnorderedElementsAre(1, 2));
  EXPECT_THAT(best_by_fronts(table, {}, 3), UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(best_by_fronts(table, {}, 9), UnorderedElementsAre(0, 1, 2, 3, 4));
}

TEST(SelectionTest, WhatBreaksConstraintsComesLastBySmallestViolation) {
  const LossTable table = table_of({{0, 0}, {1, 2}, {0, 0}, {9, 9}});
  const std::vector<double> violations{2, 0, 1, 0};

  EXPECT_THAT(best_by_fronts(table, violations, 4), ElementsAre(1, 3, 2, 0));
}

TEST(SelectionTest, ManyObjectivesGoByCrowding) {
  LossTable table(5);
  for (int i = 0; i < 5; ++i) {
    std::vector<double> losses(5, 1);
    losses[static_cast<std::size_t>(i)] = 0;
    table.add(losses);
  }
  table.add(std::vector<double>(5, 0.5));

  EXPECT_EQ(best_by_fronts(table, {}, 3).size(), 3u);
}

}  // namespace
}  // namespace manta::selection_test
