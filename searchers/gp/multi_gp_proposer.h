// SPDX-License-Identifier: Apache-2.0
// Bayesian optimisation of several objectives under constraints on metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "searchers/gp/gaussian_process.h"
#include "searchers/gp/hypervolume_improvement.h"
#include "searchers/internal/cost_model.h"
#include "searchers/internal/feasibility.h"
#include "searchers/internal/proposer.h"
#include "searchers/internal/user_prior.h"

namespace manta::gp {

/// Fits a Gaussian process to each objective, warped, and to each constraint's distance from its threshold, and
/// proposes where the expected hypervolume improvement times the probability that all constraints are kept is highest:
/// some random points first, then what AcquisitionSearch finds from random points and the neighbours of the front.
///
/// The front is of what the processes expect at the trials, and so is that of trials that are running: they count as
/// observed, so several at once keep apart. The reference point lies as far behind the worst of the front as that is
/// behind its best: with nearer ones, a tenth as is usual, the ends of fronts were left alone. With three
/// objectives and more it is drawn for half of the proposals, in each objective from what half of the trials are better
/// than up to the worst: the ends of such fronts are so bad in other objectives that the far one sees little else.
/// With more than kMostByVolume objectives boxes are too many: then, of each proposal, one process learns the worst of
/// all objectives under random weights, and expected improvement takes the place of the hypervolume.
///
/// Sources: Emmerich et al. 2011 (see HypervolumeImprovement); Knowles, "ParEGO", IEEE TEC 10 (2006) for many
/// objectives. Deviations: warped losses, logarithms, fantasies.
/// Complexity of a proposal: O(p n^3) with p processes and n <= kMost trials that they learn from: the better half by
/// fronts and the newest of the others.
class MultiGpProposer final : public internal::Proposer {
 public:
  static constexpr std::size_t kMostByVolume = 4;  ///< Objectives.
  static constexpr std::size_t kMost = 400;

  /// `costly_samples`: for how many trials what they cost counts (CostModel).
  MultiGpProposer(const UnitCube& cube, std::size_t objectives, std::size_t constraints,
                  std::int64_t costly_samples = 0);

  UnitCube::Point propose(const internal::History& history, RandomStream& random) override;
  std::string save() const override;
  Result<void> load(std::string_view json) override;

 private:
  // What the processes learn from: [process][trial].
  using Values = std::vector<std::vector<double>>;

  Values values_of(const internal::History& history, RandomStream& random);
  void learn(const internal::History& history, const Values& values);
  void believe(const internal::History& history);
  LossTable known_front(const internal::History& history) const;
  std::vector<double> reference_of(const LossTable& front, RandomStream& random) const;
  HypervolumeImprovement improvement_over(const LossTable& front, std::span<const double> reference) const;
  std::vector<UnitCube::Point> front_trials(const internal::History& history, RandomStream& random) const;
  PointSet points_of(const internal::History& history, const std::vector<std::size_t>& places) const;

  const UnitCube& cube_;
  std::size_t objectives_;                  // Processes: of each objective one, or one for all;
  std::vector<GaussianProcess> processes_;  // and behind these one for each constraint.
  std::vector<double> limits_;              // Of the constraints' values, by the last learn().
  std::vector<std::size_t> places_;         // Of the trials learned from, likewise.
  std::size_t fitted_ = 0;                  // last_fit_at() when hyperparameters were fitted.
  internal::Feasibility feasibility_;
  internal::UserPrior prior_;
  internal::CostModel cost_;
};

}  // namespace manta::gp
