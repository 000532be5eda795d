// SPDX-License-Identifier: Apache-2.0
// Regression with a Gaussian process.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/gp/inverse_factor.h"
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
/// O(n^3 + d n^2) per evaluation of the likelihood and to place n points at once; O(d n + n^2) to add a point, to take
/// over all values, and per prediction.
/// The same calls give the same numbers, to the last bit.
/// Thread-safety: const methods from any thread.
class GaussianProcess {
 public:
  explicit GaussianProcess(std::vector<AxisKind> kinds);

  /// Moves the hyperparameters uphill from where they are, with at most `evaluations` evaluations of the likelihood of
  /// these observations, and forgets where it was observed.
  void tune(const PointSet& points, std::span<const double> values, int evaluations);
  /// Takes all points at once, in the place of those that it knows.
  void place(PointSet points);
  /// Takes one point more.
  void add(std::span<const double> point);
  /// What was observed at the points, in the order in which they came.
  void observe(std::vector<double> values);
  /// place() and observe().
  void condition(PointSet points, std::vector<double> values);
  /// tune() and condition().
  void fit(const PointSet& points, const std::vector<double>& values, int evaluations);

  /// Adds observations that are as the process expects them: variance falls there, the mean stays. For points that are
  /// being tried (Ginsbourger, Le Riche and Carraro's "kriging believer", 2010). The next add() or observe() forgets
  /// them.
  void believe(const PointSet& points);

  /// Where it was observed, and where that is believed.
  const PointSet& points() const { return points_; }
  /// How many of the points were observed.
  std::size_t size() const { return observed_; }
  std::span<const AxisKind> kinds() const { return kinds_; }

  Prediction predict(std::span<const double> point) const;
  /// One for each of `points`.
  std::vector<Prediction> predict(const PointSet& points) const;
  /// As predict(); `solution` is for add_slope().
  Prediction predict(std::span<const double> point, std::vector<double>& solution) const;
  /// Adds to slope[i] so many times the derivatives of mean and variance by point[i], which are 0 for choices.
  void add_slope(std::span<const double> point, std::span<const double> solution, Prediction times,
                 std::span<double> slope) const;

  /// The mean at each of the observations.
  std::vector<double> means() const;
  /// The lowest of them.
  double least_mean() const;
  /// Mean log density of each observation, given all others (Sundararajan and Keerthi 2001).
  double leave_one_out() const;

  const Hyperparameters& hyperparameters() const { return parameters_; }
  /// Forgets where it was observed.
  void set_hyperparameters(Hyperparameters parameters);

 private:
  class Likelihood;

  void reset_hyperparameters();  // To where fits begin.
  void append(std::span<const double> point);
  void forget_beliefs();
  Prediction prediction_of(double product, double explained) const;

  const std::vector<AxisKind> kinds_;
  Hyperparameters parameters_;
  PointSet points_;
  InverseFactor factor_;      // Of the covariance of the points.
  std::size_t observed_ = 0;  // Points; the others are believed.
  std::vector<double> values_;
  std::vector<double> alpha_;  // Inverse covariance times the values less the mean; 0 where it is believed. Padded.
  double mean_ = 0;
};

}  // namespace manta::gp
