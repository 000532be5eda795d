// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/rung.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"

namespace manta::internal::rung_test {
namespace {

// The definition, computed anew from all scores.
double percentile(std::vector<double> scores, std::int64_t eta) {
  std::sort(scores.begin(), scores.end());
  const auto last = static_cast<std::int64_t>(scores.size()) - 1;
  const auto lower = static_cast<std::size_t>(last * (eta - 1) / eta);
  const double part = static_cast<double>(last * (eta - 1) % eta) / static_cast<double>(eta);
  const std::size_t upper = std::min(lower + 1, scores.size() - 1);
  return std::lerp(scores[lower], scores[upper], part);
}

TEST(RungTest, TheCutoffOfOneScoreIsThatScore) {
  Rung rung(1, 4);

  rung.add(0.5);

  EXPECT_EQ(rung.cutoff(), 0.5);
  EXPECT_EQ(rung.size(), 1u);
}

TEST(RungTest, TheCutoffLiesBetweenTwoScores) {
  Rung rung(1, 4);

  for (const double score : {4.0, 1.0, 3.0, 2.0}) rung.add(score);

  EXPECT_DOUBLE_EQ(rung.cutoff(), 3.25);  // Rank 3 * 3/4 = 2.25 of 1, 2, 3, 4.
}

TEST(RungTest, TheCutoffIsThePercentileAfterEveryAddition) {
  for (const std::int64_t eta : {2, 3, 4, 10, 1000}) {
    RandomStream random(7, static_cast<std::uint64_t>(eta));
    Rung rung(1, eta);
    std::vector<double> scores;
    for (int count = 0; count < 300; ++count) {
      scores.push_back(static_cast<double>(random.below(50)));  // Many ties.
      rung.add(scores.back());
      ASSERT_EQ(rung.cutoff(), percentile(scores, eta)) << "eta " << eta << ", " << scores.size() << " scores";
    }
  }
}

TEST(RungTest, TheCutoffOfHugeScoresIsFinite) {
  Rung rung(1, 2);
  constexpr double kHuge = std::numeric_limits<double>::max();

  rung.add(-kHuge);
  rung.add(kHuge);

  EXPECT_EQ(rung.cutoff(), 0);
}

TEST(RungTest, AssignedScoresGiveTheSameRung) {
  Rung rung(1, 3);
  for (const double score : {0.3, 0.1, 0.1, 0.9, 0.4}) rung.add(score);
  Rung copy(1, 3);
  copy.add(17);

  copy.assign(rung.sorted());

  EXPECT_EQ(copy.sorted(), (std::vector<double>{0.1, 0.1, 0.3, 0.4, 0.9}));
  EXPECT_EQ(copy.cutoff(), rung.cutoff());
}

}  // namespace
}  // namespace manta::internal::rung_test
