// SPDX-License-Identifier: Apache-2.0
// What is expected of a trial, by whatever model.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/gp/gaussian_process.h"

namespace manta::gp {

/// The logarithm of the improvement that is expected at a point of the unit cube.
///
/// Thread-safety: const methods from any thread.
class Improvement {
 public:
  virtual ~Improvement() = default;

  virtual std::span<const AxisKind> kinds() const = 0;
  /// How many points the model knows.
  virtual std::size_t known() const = 0;
  /// One for each of `points`.
  virtual std::vector<double> logs(const PointSet& points) const = 0;
  virtual double log(std::span<const double> point) const = 0;
  /// As log(); writes its derivatives by the point's coordinates, which are 0 for choices.
  virtual double log(std::span<const double> point, std::span<double> slope) const = 0;
};

/// Expected improvement of one value below `best`.
class ExpectedImprovement final : public Improvement {
 public:
  /// `process` outlives it.
  ExpectedImprovement(const GaussianProcess& process, double best) : process_(process), best_(best) {}

  std::span<const AxisKind> kinds() const override { return process_.kinds(); }
  std::size_t known() const override { return process_.points().size(); }
  std::vector<double> logs(const PointSet& points) const override;
  double log(std::span<const double> point) const override;
  double log(std::span<const double> point, std::span<double> slope) const override;

 private:
  const GaussianProcess& process_;
  double best_;
};

}  // namespace manta::gp
