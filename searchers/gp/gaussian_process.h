// SPDX-License-Identifier: Apache-2.0
// Regression with a Gaussian process.
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "searchers/gp/kernel.h"

namespace manta::gp {

/// Mean and variance of the process (not of an observation) at one point.
struct Prediction {
  double mean = 0;
  double variance = 1;
};

/// A Gaussian process of constant mean over points of the unit cube, conditioned on observations of about zero mean and
/// unit variance.
///
/// Hyperparameters maximise the marginal likelihood times the priors of Hvarfner, Hellsten and Nardi ("Vanilla Bayesian
/// Optimization Performs Great in High Dimensions", 2024) for length scales and wide log-normals for the rest.
/// O(n^3 + d n^2) per evaluation of the likelihood, O(d n + n^2) per prediction.
/// Thread-safety: const methods from any thread.
class GaussianProcess {
 public:
  explicit GaussianProcess(std::vector<AxisKind> kinds);

  /// Moves the hyperparameters uphill from where they are, with at most `evaluations` evaluations of the likelihood,
  /// then conditions on the observations.
  void fit(PointSet points, std::vector<double> values, int evaluations);
  /// Conditions on the observations, with the hyperparameters as they are.
  void condition(PointSet points, std::vector<double> values);
  /// Adds observations that are as the process expects them: variance falls there, the mean stays. For points that are
  /// being tried (Ginsbourger, Le Riche and Carraro's "kriging believer", 2010).
  void believe(const PointSet& points);

  std::size_t size() const { return points_.size(); }
  const PointSet& points() const { return points_; }
  std::span<const AxisKind> kinds() const { return kinds_; }

  Prediction predict(std::span<const double> point) const;
  /// One for each of `points`.
  std::vector<Prediction> predict(const PointSet& points) const;
  /// As predict(); adds the derivatives by the coordinates, which are 0 for choices.
  Prediction predict(std::span<const double> point, std::span<double> mean_slope,
                     std::span<double> variance_slope) const;

  /// The lowest mean at any of the observations.
  double least_mean() const;
  /// Mean log density of each observation, given all others (Sundararajan and Keerthi 2001).
  double leave_one_out() const;

  const Hyperparameters& hyperparameters() const { return parameters_; }
  void set_hyperparameters(Hyperparameters parameters) { parameters_ = std::move(parameters); }

 private:
  void reset_hyperparameters();  // To where fits begin.
  Eigen::MatrixXd covariance(const PointSet& points) const;
  double evaluate(const std::vector<double>& logs, std::vector<double>& gradient);
  bool factor();

  const std::vector<AxisKind> kinds_;
  Hyperparameters parameters_;
  PointSet points_;
  Eigen::VectorXd values_;
  Eigen::MatrixXd lower_;  // Factor of the covariance of the observations.
  Eigen::VectorXd alpha_;  // Its inverse times the values less the mean.
  double mean_ = 0;
};

}  // namespace manta::gp
