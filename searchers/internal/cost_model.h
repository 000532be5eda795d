// SPDX-License-Identifier: Apache-2.0
// How long a trial will take, from how long others took.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "searchers/forest/random_forest.h"
#include "searchers/internal/history.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// Makes an acquisition count per second that a trial takes: what penalty() says is taken from its logarithm.
///
/// Sources: Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012, for
/// improvement per second; Lee, Perrone, Archambeau and Seeger, "Cost-aware Bayesian Optimization" (CArBO), 2020, for
/// the exponent of the cost, which falls from 1 to 0 as the budget is spent: cheap trials first, and at the end
/// whatever is best. Deviations: the budget is the number of trials; the cost comes from a random forest on the
/// logarithms of the seconds of trials that ended with a value, at most the newest kMost.
///
/// Thread-safety: none. Determinism: depends on the history alone.
class CostModel {
 public:
  /// Costs count while fewer than `samples` trials are there; 0: never.
  CostModel(const UnitCube& cube, std::int64_t samples) : cube_(&cube), samples_(samples) {}

  void learn(const History& history);
  bool counts() const { return forest_.has_value(); }
  /// The logarithm of the seconds that `point` is expected to take, less their mean, times the exponent; 0 where costs
  /// do not count.
  double penalty(std::span<const double> point) const;

 private:
  static constexpr std::size_t kLeast = 8;  // Trials, before which nothing is known.
  static constexpr std::size_t kMost = 300;

  const UnitCube* cube_;
  std::int64_t samples_;
  double exponent_ = 0;
  double mean_ = 0;
  std::optional<RandomForest> forest_;
};

}  // namespace manta::internal
