// SPDX-License-Identifier: Apache-2.0
// Proposes by curves that are not at their end yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "searchers/curves/curve_model.h"
#include "searchers/internal/feasibility.h"
#include "searchers/internal/proposer.h"
#include "searchers/internal/user_prior.h"

namespace manta::curves {

/// Proposes where the improvement that a trial is expected to bring by its last iteration is largest, by a Gaussian
/// process over configurations and iterations of all reports so far (CurveModel). Random points first. Trials that have
/// not reported yet count as if they ended as is expected of them. Which trial goes on is the scheduler's to say.
class FreezeThawProposer final : public internal::Proposer {
 public:
  /// `horizon`: the last iteration; none: the furthest that any trial has come to.
  FreezeThawProposer(const UnitCube& cube, std::optional<std::int64_t> horizon);

  UnitCube::Point propose(const internal::History& history, RandomStream& random) override;
  void told(const internal::History& history, std::size_t place) override;
  std::string save() const override;
  Result<void> load(std::string_view json) override;

 private:
  const UnitCube& cube_;
  CurveModel model_;
  internal::Feasibility feasibility_;
  internal::UserPrior prior_;
};

}  // namespace manta::curves
