// SPDX-License-Identifier: Apache-2.0
// A Gaussian process over configurations and iterations.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/gp/gaussian_process.h"
#include "searchers/gp/inverse_factor.h"
#include "searchers/gp/kernel.h"

namespace manta::curves {

/// The covariance of the values of two curves i and j at the times u and v:
/// (common + k(x_i, x_j) + own [i = j]) * exp(-growth (2 - u - v)) * exp(-|u - v| / length), and `noise` of each value.
struct CurveHyperparameters {
  gp::Hyperparameters points;  ///< k; its noise is not used.
  double common = 0.3;         ///< What all curves share.
  double own = 0.1;            ///< What a curve has to itself, beyond its configuration.
  double length = 2.5;         ///< In times.
  double growth = 0.3;         ///< How much curves lie further apart at time 1 than at time 0, as a logarithm.
  double noise = 3e-3;
};

/// One value of one curve.
struct CurveValue {
  std::size_t curve = 0;
  double time = 0;   ///< In [0, 1]: the logarithm of the iteration, as a share of that of the last one.
  double value = 0;  ///< About zero mean and unit variance over all.
};

/// A Gaussian process whose covariance is a product of one over curves and one over times, where only some values have
/// been observed; it says what curves are at time 1.
///
/// Source: Lin, Ament, Balandat and Bakshy, "Scaling Gaussian Processes for Learning Curve Prediction via Latent
/// Kronecker Structure" (arXiv 2410.09239). Deviations:
///  - Solved exactly, over the values that were observed, not by conjugate gradients over the whole grid: few enough are
///    handed in (O(N^3) for N values), and nothing has to be drawn.
///  - What all curves share and what each has to itself are terms of the factor over curves; the factor over times, an
///    Ornstein-Uhlenbeck process in the logarithm of the iteration, grows in scale with time.
///  - Mean and variance at time 1, in closed form, in place of samples of whole curves: with n curves O(n^2) each.
/// The same calls give the same numbers, to the last bit.
/// Thread-safety: const methods from any thread.
class CurveProcess {
 public:
  explicit CurveProcess(std::vector<gp::AxisKind> kinds);

  /// Moves the hyperparameters uphill from where they are, with at most `evaluations` evaluations of the likelihood.
  void tune(const gp::PointSet& points, std::span<const CurveValue> values, int evaluations);
  /// Takes all values, in the place of those that it knows. `points`: of the curves.
  void condition(gp::PointSet points, std::span<const CurveValue> values);

  /// Of the known curves, in their order.
  std::vector<gp::Prediction> at_end() const;
  /// Of curves to come, one for each of `points`.
  std::vector<gp::Prediction> at_end(const gp::PointSet& points) const;

  std::span<const gp::AxisKind> kinds() const { return kinds_; }
  const CurveHyperparameters& hyperparameters() const { return parameters_; }
  void set_hyperparameters(CurveHyperparameters parameters) { parameters_ = std::move(parameters); }

 private:
  class Likelihood;

  std::vector<double> covariances_with(const gp::PointSet& points) const;
  std::vector<gp::Prediction> predictions(const std::vector<double>& covariances) const;

  const std::vector<gp::AxisKind> kinds_;
  CurveHyperparameters parameters_;
  gp::PointSet points_;
  // What is known of time 1: a curve whose factor over curves with the known ones is a has the mean a' weights_ and
  // the variance of its own less a' explained_ a.
  std::vector<double> weights_;
  std::vector<double> explained_;    // [curves, curves].
  std::vector<double> covariances_;  // Of the known curves among each other, without what each has to itself.
};

}  // namespace manta::curves
