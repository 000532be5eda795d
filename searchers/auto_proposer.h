// SPDX-License-Identifier: Apache-2.0
// The choice among the algorithms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "searchers/forest/forest_proposer.h"
#include "searchers/gp/gp_proposer.h"
#include "searchers/internal/proposer.h"
#include "searchers/tpe/tpe_proposer.h"

namespace manta::internal {

/// Leaves each proposal to the algorithm that is best for the space and the number of trials:
///
/// - the Gaussian process where an axis is continuous or has many levels: there its polish near the best pays;
/// - where all axes have few levels, the process and a random forest in turn: what is rugged the forest sees better,
///   and each gets the other out of where it is stuck;
/// - TPE once kMany trials have a value, where it is as good and a hundred times as quick.
///
/// Source: the rule is our own; that such complementarity is worth more than any one algorithm is what CARP-S
/// (arXiv 2506.06143) found over 3,336 tasks.
class AutoProposer final : public Proposer {
 public:
  static constexpr std::size_t kMany = 600;       ///< Trials with a value.
  static constexpr std::int64_t kFewLevels = 20;  ///< Of an axis, at most.

  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  explicit AutoProposer(const UnitCube& cube, std::int64_t costly_samples = 0);

  UnitCube::Point propose(const History& history, RandomStream& random) override;
  /// Which algorithm it takes, why, and when it will change.
  std::string describe(const History& history) const override;
  /// The process' own, also after the forest's turn. None once TPE has taken over.
  std::optional<double> expected_gain(const History& history) const override {
    return history.valued() >= kMany ? std::nullopt : process_.expected_gain(history);
  }
  std::string save() const override { return process_.save(); }
  Result<void> load(std::string_view json) override { return process_.load(json); }

 private:
  gp::GpProposer process_;
  ForestProposer forest_;
  TpeProposer tpe_;
  std::size_t many_levelled_;  // Axes with more than kFewLevels, or none.
  std::size_t axes_;
};

}  // namespace manta::internal
