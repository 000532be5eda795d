// SPDX-License-Identifier: Apache-2.0
// Expected improvement under a random forest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "searchers/internal/cost_model.h"
#include "searchers/internal/proposer.h"
#include "searchers/internal/user_prior.h"

namespace manta::internal {

/// Fits a forest to the losses and proposes the point whose improvement on the best loss has the highest expected
/// value, times the probability of a second forest that the point can have a value at all.
///
/// Source: SMAC, Hutter, Hoos and Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm
/// Configuration", LION 5, 2011, and SMAC3, Lindauer et al., JMLR 23, 2022: a local search from the best points beside
/// random candidates, and a random point now and then.
/// Deviations: losses count by the logarithm of their distance from the best; leaves may be of one point; failed and
/// infeasible trials are no losses but teach the second forest; pending trials count as if they had come to what the
/// forest expects of them; the improvement that counts begins at a margin that is drawn for each proposal, mostly near
/// 0, so that a search which is stuck near a poor best point gets away. Where the user gave defaults, some candidates
/// come from the prior that they make, and the improvement counts times its density, to a power that falls (UserPrior).
/// It counts per second where that is asked for (CostModel).
/// Complexity of a proposal: O(trees · n · d ·
/// depth) with n at most kMaxSamples, and that of some thousand predictions.
class ForestProposer final : public Proposer {
 public:
  static constexpr std::size_t kStartup = 8;        ///< Random points before the first that is modelled.
  static constexpr std::size_t kMaxSamples = 1000;  ///< Half of them the best, the rest the latest.

  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  explicit ForestProposer(const UnitCube& cube, std::int64_t costly_samples = 0)
      : cube_(&cube), prior_(cube), cost_(cube, costly_samples) {}

  UnitCube::Point propose(const History& history, RandomStream& random) override;

 private:
  const UnitCube* cube_;
  UserPrior prior_;
  CostModel cost_;
};

}  // namespace manta::internal
