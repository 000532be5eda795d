// SPDX-License-Identifier: Apache-2.0
// A genetic algorithm for several objectives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "searchers/internal/proposer.h"
#include "searchers/nsga2/population.h"

namespace manta::internal {

/// Keeps a population of trials, the first fronts and of the last one those that stand alone, and proposes children of
/// two of them. With one objective the fronts are single trials, and it is a genetic algorithm with a population of
/// the best.
///
/// Source: NSGA-II, Deb, Pratap, Agarwal and Meyarivan, IEEE TEC 6 (2002): sort, crowding, constrained domination,
/// binary tournaments, simulated binary crossover and polynomial mutation, with the probabilities 0.9 and 1/d.
/// Deviations: a small population and wider steps, indices 10 and 7 in place of 20, as a few hundred trials are many
/// here. Nobody waits for a generation: trial k belongs to number k / population, and whatever of it has ended
/// competes at once. Two trials make one child. Levels of a choice are taken over from either parent, and a mutation
/// draws any; along other levels it moves by one at least. A child that would equal a parent is mutated once.
/// Complexity of a proposal: O(p² m + d) with p members and m objectives.
class Nsga2Proposer final : public Proposer {
 public:
  static constexpr std::size_t kLeastPopulation = 4;
  static constexpr std::size_t kMostPopulation = 1000;

  /// The population that it takes for so many objectives where none is asked for: a front of more has more corners.
  static std::size_t usual_population(std::size_t objectives) {
    return objectives == 1 ? 8 : objectives == 2 ? 12 : 24;
  }

  Nsga2Proposer(const UnitCube& cube, std::size_t population)
      : cube_(&cube), population_(population) {}

  UnitCube::Point propose(const History& history, RandomStream& random) override;
  std::string describe(const History& history) const override;
  std::string save() const override { return population_.to_json(); }
  Result<void> load(std::string_view json) override;

 private:
  UnitCube::Point child_of(const UnitCube::Point& a, const UnitCube::Point& b, RandomStream& random) const;
  double mutated(double u, std::size_t axis, RandomStream& random) const;

  const UnitCube* cube_;
  Population population_;
};

}  // namespace manta::internal
