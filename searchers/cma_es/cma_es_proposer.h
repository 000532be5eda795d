// SPDX-License-Identifier: Apache-2.0
// CMA-ES over a space, with restarts.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "searchers/cma_es/cma_es.h"
#include "searchers/internal/proposer.h"

namespace manta::internal {

/// Draws each trial from the distribution of a CMA-ES, which learns when as many trials of its generation have ended as
/// its population counts; those that are still running then are left out. The first run begins at the best point known,
/// or in the middle.
///
/// Sources: Hansen, "Benchmarking a BI-population CMA-ES", GECCO 2009, for the restarts; for choices Hamano et al.,
/// "CatCMA", GECCO 2024: each has probabilities that move towards those among the better half, and never to 0.
/// Deviations: bounds are kept by drawing again, then by reflection; nothing is learned from trials without a value, and
/// a generation goes on, up to five times as long, until half of a population has one. Complexity of a proposal: O(d^2),
/// O(d^3) where a generation ends.
class CmaEsProposer final : public Proposer {
 public:
  explicit CmaEsProposer(const UnitCube& cube);

  UnitCube::Point propose(const History& history, RandomStream& random) override;
  std::string save() const override;
  Result<void> load(std::string_view json) override;

 private:
  // A trial of this generation, and the point as it was drawn, before it was moved to the levels.
  struct Member {
    std::size_t place = 0;  // In the history.
    UnitCube::Point drawn;
  };

  void begin_run(const History& history, RandomStream& random);
  void learn(const History& history);
  void learn_choices(const History& history, const std::vector<const Member*>& ranked);
  bool is_over() const;
  UnitCube::Point draw(RandomStream& random) const;

  const UnitCube* cube_;
  std::vector<std::size_t> numbers_;  // Axes that are no choice, in the coordinates of the distribution.
  Eigen::VectorXd least_;             // Deviation of each of these.

  std::optional<CmaEs> strategy_;             // Of this run; none before the first, and with no such axis.
  std::vector<std::vector<double>> chances_;  // Of each axis' levels; empty but for choices.
  std::vector<Member> members_;
  std::int64_t spent_ = 0;        // Trials of this run.
  std::int64_t runs_ = 0;         // Begun so far.
  bool is_large_ = true;          // Which of the two regimes this run belongs to.
  int largest_ = 0;               // Population of the last large run.
  std::int64_t spent_large_ = 0;  // By large runs that are over.
  std::int64_t spent_small_ = 0;
  std::vector<double> recent_;  // Best losses of the latest generations.
};

}  // namespace manta::internal
