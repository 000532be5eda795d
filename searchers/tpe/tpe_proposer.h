// SPDX-License-Identifier: Apache-2.0
// The tree-structured Parzen estimator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "searchers/internal/cost_model.h"
#include "searchers/internal/proposer.h"
#include "searchers/internal/user_prior.h"

namespace manta::internal {

/// Divides the trials into the good, a share of those with a value, and all others, and proposes the one of some draws
/// from the density of the good at which it exceeds that of the others most.
///
/// Sources: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011; multivariate kernels and the
/// width n^(-1/(d+4)) after Falkner et al., "BOHB", ICML 2018, and Watanabe, arXiv 2304.11127.
/// Deviations: the prior is the uniform density of the cube; along a continuous axis kernels of both densities narrow
/// with the spread of the good along it; along levels kernels are tables, as broad whatever the spread; draws that were
/// tried already do not count. Trials without a value, be they pending, failed or infeasible, are among the others: the
/// first keep concurrent suggestions apart.
/// Where the user gave defaults, a part of the draws comes from the prior that they make, and the ratio of the
/// densities counts times its density, to a power that falls (UserPrior).
/// Improvement counts per second where that is asked for (CostModel): then it is
/// 1 / (share + (1 - share) others / good).
/// With several objectives the good are the first fronts, and of the one that does not fit whole those that together
/// dominate the most (covering_subset()), as in the multiobjective TPE of Ozaki et al., GECCO 2020 and JAIR 73 (2022).
/// Deviations: kernels have equal weights. Trials that break constraints on metrics come behind all that do not, by how
/// much they break them, so with too few of the latter the good lie near the border.
/// Complexity of a proposal: O(n + d · m · draws), with m <= kMaxOthers + kMaxGood points in the densities: of the
/// others the latest.
class TpeProposer final : public Proposer {
 public:
  static constexpr std::size_t kStartup = 8;  ///< Random points before the first that is modelled.
  static constexpr std::size_t kMaxGood = 25;
  static constexpr std::size_t kMaxGoodOfSeveral = 50;  ///< With several objectives.
  static constexpr std::size_t kMaxOthers = 2000;

  /// Which trials can be among the good.
  enum class Fidelity {
    kAny,      ///< All with a value.
    kLargest,  ///< Those that got as far as the d + 1 furthest, but kStartup at least, as in BOHB.
  };

  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  explicit TpeProposer(const UnitCube& cube, Fidelity fidelity = Fidelity::kAny, std::int64_t costly_samples = 0)
      : cube_(&cube), fidelity_(fidelity), prior_(cube), cost_(cube, costly_samples) {}

  UnitCube::Point propose(const History& history, RandomStream& random) override;

 private:
  // The trials' points, row by row.
  struct Parts {
    std::vector<double> good;
    std::vector<double> others;
  };

  std::span<const double> row(const std::vector<double>& rows, std::size_t i) const;
  std::size_t modelled(const History& history) const;
  std::vector<std::uint32_t> candidates(const History& history) const;
  std::vector<std::uint32_t> good_trials(const History& history) const;
  Parts divide(const History& history) const;
  std::vector<double> scales(const std::vector<double>& good) const;

  const UnitCube* cube_;
  Fidelity fidelity_;
  UserPrior prior_;
  CostModel cost_;
};

}  // namespace manta::internal
