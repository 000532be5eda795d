// SPDX-License-Identifier: Apache-2.0
// How much a trial promises where there are several objectives, and limits.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/gp/acquisition.h"
#include "searchers/gp/improvement.h"
#include "searchers/pareto/undominated_boxes.h"

namespace manta::gp {

/// A value that has to be at most `limit`.
struct Limit {
  const GaussianProcess* process = nullptr;
  double limit = 0;
};

/// The expected growth of the hypervolume, times the probability that all limits are kept; objectives and limits each
/// have a process of their own, independent of the others.
///
/// Exact for any number of objectives, as a sum over the boxes that the front leaves undominated: of a box and an
/// objective, what is expected of it is the difference of two expected improvements, below its upper and its lower end.
/// Computed in logarithms, so finite however small it is. With one objective it is expected improvement below the
/// best, or the reference where there is none.
/// Sources: Emmerich, Deutz and Klinkenberg, "Hypervolume-based expected improvement", CEC 2011; the logarithm after
/// Ament et al. 2023; the probability after Gardner et al., "Bayesian Optimization with Inequality Constraints", 2014.
/// Complexity of a prediction: one of each process, and O(boxes · objectives).
class HypervolumeImprovement final : public Improvement {
 public:
  /// One of `objectives` for each objective of `boxes`. The processes outlive it, and have all seen the same points.
  HypervolumeImprovement(std::vector<const GaussianProcess*> objectives, UndominatedBoxes boxes,
                         std::vector<Limit> limits);

  std::span<const AxisKind> kinds() const override { return objectives_.front()->kinds(); }
  std::size_t known() const override { return objectives_.front()->points().size(); }
  std::vector<double> logs(const PointSet& points) const override;
  double log(std::span<const double> point) const override;
  double log(std::span<const double> point, std::span<double> slope) const override;

 private:
  // Derivatives of the logarithm by mean and deviation, of each objective.
  using Slopes = std::vector<LogImprovement>;

  double log_growth(std::span<const Prediction> predictions, Slopes* slopes) const;

  std::vector<const GaussianProcess*> objectives_;
  UndominatedBoxes boxes_;
  std::vector<Limit> limits_;
};

}  // namespace manta::gp
