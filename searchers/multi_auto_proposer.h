// SPDX-License-Identifier: Apache-2.0
// The choice among the algorithms where there are several objectives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "searchers/gp/multi_gp_proposer.h"
#include "searchers/internal/proposer.h"
#include "searchers/tpe/tpe_proposer.h"

namespace manta::internal {

/// Leaves each proposal to the algorithm that is best for the number of objectives and of trials: of up to kFew
/// objectives Gaussian processes, and TPE once kMany trials have all metrics, where it is as quick as ever and they are
/// not; of more objectives TPE.
///
/// Source: the rule is our own, from the measurements in docs/guides/searchers.md.
class MultiAutoProposer final : public Proposer {
 public:
  static constexpr std::size_t kFew = 2;     ///< Objectives.
  static constexpr std::size_t kMany = 250;  ///< Trials with all metrics.

  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  MultiAutoProposer(const UnitCube& cube, std::size_t objectives, std::size_t constraints,
                    std::int64_t costly_samples = 0);

  UnitCube::Point propose(const History& history, RandomStream& random) override;
  /// Which algorithm it takes, why, and when it will change.
  std::string describe(const History& history) const override;
  std::string save() const override { return process_.save(); }
  Result<void> load(std::string_view json) override { return process_.load(json); }

 private:
  bool is_for_processes(const History& history) const;

  gp::MultiGpProposer process_;
  TpeProposer tpe_;
  std::size_t parameters_;
};

}  // namespace manta::internal
