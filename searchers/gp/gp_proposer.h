// SPDX-License-Identifier: Apache-2.0
// Bayesian optimisation with a Gaussian process.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "searchers/gp/gaussian_process.h"
#include "searchers/gp/training_set.h"
#include "searchers/internal/cost_model.h"
#include "searchers/internal/feasibility.h"
#include "searchers/internal/proposer.h"
#include "searchers/internal/user_prior.h"

namespace manta::gp {

/// Fits a Gaussian process to the losses, warped, and proposes where the logarithm of the expected improvement is
/// highest: some random points first, then the best of random ones, neighbours of the best trials and
/// what local search from the best of these finds. Trials that are running count as observed at what the process
/// expects. Where the user gave defaults, a part of the candidates comes from the prior that they make, and expected
/// improvement counts times its density, to a power that falls (UserPrior). It counts per second where that is asked
/// for (CostModel).
///
/// Numbers and levels in order differ by their distance in the unit cube, choices by being different; the covariance is
/// a Matern 5/2 of all axes plus a sum of one term per axis, so that what each does alone is learnt from few trials.
///
/// Between two fits of hyperparameters a trial costs O(n^2): the process grows by a row. TrainingSet says which trials
/// it has and when it is fitted.
class GpProposer final : public internal::Proposer {
 public:
  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  explicit GpProposer(const UnitCube& cube, std::int64_t costly_samples = 0);

  UnitCube::Point propose(const internal::History& history, RandomStream& random) override;
  std::optional<double> expected_gain(const internal::History& history) const override;
  std::string save() const override;
  Result<void> load(std::string_view json) override;

 private:
  void learn(const internal::History& history);
  void tune(const internal::History& history, std::span<const double> values, int evaluations);
  void place_trials(const internal::History& history);
  UnitCube::Point whole_point(const internal::History& history, std::size_t place) const;

  const UnitCube& cube_;
  TrainingSet trials_;
  GaussianProcess process_;
  internal::Feasibility feasibility_;
  internal::UserPrior prior_;
  internal::CostModel cost_;
  double loss_per_value_ = 0;  // By the warp, at the best trial.
  std::deque<double> gains_;   // Expected of the last kGains proposals.
};

}  // namespace manta::gp
