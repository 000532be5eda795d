// SPDX-License-Identifier: Apache-2.0
// Differential evolution.
#pragma once

#include "searchers/internal/proposer.h"

namespace manta::internal {

/// Crosses a member of the population with a step towards one of the best and along the difference of two others; each
/// trial competes with those of its place in the population, as soon as it has ended.
///
/// Sources: Storn and Price 1997; the step of JADE, Zhang and Sanderson, IEEE TEC 13 (2009), current-to-pbest/1, with
/// the constants F = CR = 0.5 of DEHB, Awad et al., IJCAI 2021.
/// Deviations: there are no generations, so nobody waits; trial k has place k modulo the population; levels of a choice
/// are taken over from one of the parents, not added; a coordinate that leaves the cube ends half way to its border.
/// Complexity of a proposal: O(n + d).
class DeProposer final : public Proposer {
 public:
  explicit DeProposer(const UnitCube& cube) : cube_(&cube) {}

  UnitCube::Point propose(const History& history, RandomStream& random) override;

 private:
  const UnitCube* cube_;
};

}  // namespace manta::internal
