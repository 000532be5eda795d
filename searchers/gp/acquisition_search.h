// SPDX-License-Identifier: Apache-2.0
// Where expected improvement is highest.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "searchers/gp/improvement.h"
#include "searchers/internal/cost_model.h"
#include "searchers/internal/feasibility.h"
#include "searchers/internal/history.h"
#include "searchers/internal/user_prior.h"
#include "tune/space/unit_cube.h"

namespace manta::gp {

/// An axis that does not take part lies in the middle, or, of a choice, apart from all others.
UnitCube::Point without_gaps(std::span<const double> point, std::span<const AxisKind> kinds);

/// Uniform in the unit cube.
UnitCube::Point random_point(std::size_t dimensions, RandomStream& random);

/// One maximisation of the acquisition function: the best of some random points and of neighbours of the best trials,
/// then local search from the best of these. Where there are few configurations, the best of all.
///
/// What it looks at gets less with the points that the model knows, so that it costs O(n^2) with a factor that falls.
class AcquisitionSearch {
 public:
  /// All of this outlives the search.
  struct Model {
    const UnitCube& cube;
    const Improvement& improvement;
    const internal::Feasibility& feasibility;
    const internal::UserPrior& prior;
    const internal::CostModel& cost;
    const internal::History& history;
    double prior_weight;  ///< Exponent of the prior's density.
  };

  AcquisitionSearch(const Model& model, RandomStream& random) : model_(model), random_(random) {}

  UnitCube::Point run(const std::vector<UnitCube::Point>& best_trials);
  /// The logarithm of what is expected of the point that run() found, whatever the prior says of it and it costs; none:
  /// there was nothing to choose from.
  std::optional<double> log_gain() const { return log_gain_; }

 private:
  using Point = UnitCube::Point;

  void add(const Point& point);
  void add_all();
  void add_random();
  void add_neighbours(const Point& point);
  void add_perturbed(const Point& point);
  double prior_of(const Point& point) const;
  double worth_of(const Point& point) const;
  double score_of(const Point& point, double log_improvement) const;
  void score_pool();
  std::vector<std::size_t> order() const;
  Point climb_from_best();
  void climb(Point& point, double& score);
  bool exchange(Point& point, double& score);
  void slide(Point& point, double& score);
  Point slid(const Point& point, const std::vector<std::size_t>& relaxed) const;

  const Model model_;
  RandomStream& random_;
  std::vector<Point> pool_;
  std::vector<double> scores_;
  std::optional<double> log_gain_;
};

}  // namespace manta::gp
