// SPDX-License-Identifier: Apache-2.0
// How likely a point is to have a value at all.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "searchers/forest/random_forest.h"
#include "searchers/internal/history.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// Learns from which points failed or were infeasible, and which had a value; until there was one of the former, every
/// point is sure. What trials of failed ones cost is no loss, so a model of losses does not see them.
///
/// Deterministic: depends on nothing but the history. It is fitted anew only now and then, at sizes of the history that
/// do not depend on when it was asked; what trials have come to between two fits it does not know, so a restored copy
/// has to be told what the original learned from: learned() and states(). Thread-safety: none.
class Feasibility {
 public:
  /// Which trials are as good as failed.
  enum class Learns {
    kValues,    ///< Those without a value that keeps the constraints on metrics.
    kOutcomes,  ///< Those of which not all losses and margins are known: another model learns the constraints.
  };

  explicit Feasibility(const UnitCube& cube, Learns learns = Learns::kValues) : cube_(&cube), learns_(learns) {}

  void learn(const History& history);
  bool is_sure() const { return !forest_ && !is_restored_; }
  /// In [kLeast, 1].
  double probability(std::span<const double> point) const;

  /// How many trials the history had at the last fit.
  std::size_t learned() const { return learned_; }
  /// What had become of the newest of them by then, a letter each: v of a value, x of none, p pending. Empty: none was
  /// x.
  const std::string& states() const { return states_; }
  /// False: these are not what learned() and states() give.
  bool restore(std::size_t learned, std::string states);

 private:
  void fit(const History& history);
  char letter_of(const History& history, std::size_t place) const;

  static constexpr double kLeast = 0.02;  // No forest is so sure that nothing will ever be tried.

  const UnitCube* cube_;
  Learns learns_;
  std::size_t learned_ = 0;
  std::string states_;
  bool is_restored_ = false;  // The forest is still to be made of these.
  std::optional<RandomForest> forest_;
};

}  // namespace manta::internal
