// SPDX-License-Identifier: Apache-2.0
// HyperBand's brackets: how many trials each has, and where they are judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace manta::internal {

/// One bracket of HyperBand, by its nominal sizes.
struct Bracket {
  std::int64_t trials = 1;            ///< That begin in it.
  std::vector<std::int64_t> rungs{};  ///< Iterations at which they are judged, rising; the last is max_t.
};

/// Which bracket a trial belongs to, by its number: those of a band are filled one after the other, the most eager to
/// stop first, then comes the next band.
///
/// Source: HyperBand, Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
/// Algorithm 1. Rung i of bracket s lies at floor(max_t / eta^(s - i)), so that the last is max_t whatever it is.
/// Thread-safety: as a value.
class BracketPlan {
 public:
  /// `max_t` >= 1, `eta` >= 2.
  BracketPlan(std::int64_t max_t, std::int64_t eta);

  const std::vector<Bracket>& band() const { return band_; }
  /// Of all brackets of all bands.
  const Bracket& bracket(std::int64_t number) const { return band_[static_cast<std::size_t>(number) % band_.size()]; }
  /// The bracket of trial `trial`, and the first trial of bracket `number`: both count from 0 over all bands.
  std::int64_t bracket_of(std::int64_t trial) const;
  std::int64_t first_of(std::int64_t number) const;

 private:
  std::vector<Bracket> band_;
  std::int64_t trials_of_band_ = 0;
};

}  // namespace manta::internal
