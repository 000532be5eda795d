// SPDX-License-Identifier: Apache-2.0
// The covariance of Gaussian processes over numbers, ranks and choices.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace manta::gp {

/// What the kernel has to know of one axis.
enum class AxisKind : unsigned char {
  kNumber,  ///< Points differ by the distance of their coordinates in [0, 1].
  kChoice,  ///< Points differ by 0 or 1: coordinates are the numbers of the choices.
};

/// Points by axis, so that one axis of all points lies together.
class PointSet {
 public:
  PointSet() = default;
  explicit PointSet(std::size_t axes) : columns_(axes) {}

  std::size_t size() const { return size_; }
  std::size_t axes() const { return columns_.size(); }
  void add(std::span<const double> point);
  /// Coordinates of all points on `axis`.
  const double* axis(std::size_t axis) const { return columns_[axis].data(); }
  std::vector<double> point(std::size_t index) const;
  /// Forgets all but the first `size` points.
  void truncate(std::size_t size);

 private:
  std::vector<std::vector<double>> columns_;
  std::size_t size_ = 0;
};

/// k(x, y) = joint * M(s) + additive / d * sum over i of 1 / (1 + reach t_i u_i), with s = sum of t_i u_i and
/// u_i = (x_i - y_i)^2, or for choices 0 or 1. M is Matern-5/2 over sqrt(s).
///
/// The second term lets what one axis does alone be learnt from few points; the sum of the two is the "sum only" form
/// for mixed spaces. Its members are rational quadratic kernels (no exponential per axis), with the same relative
/// length scales 1 / sqrt(t_i).
struct Hyperparameters {
  std::vector<double> weights;  ///< t_i, the inverse squared length scales.
  double joint = 1;
  double additive = 0;
  double reach = 1;
  double noise = 1e-3;  ///< Variance of the observations around the process.

  double signal() const { return joint + additive; }
};

/// Points from `begin` to before `end`.
struct PointRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// out[j - begin] = k(point, points[j]).
void kernel_row(const Hyperparameters& parameters, std::span<const AxisKind> kinds, std::span<const double> point,
                const PointSet& points, PointRange range, double* out);

/// Derivatives of a sum of k(point, points[j]) * factors[j], j < count, by the logarithm of each hyperparameter.
struct KernelGradient {
  std::vector<double> weights;
  double joint = 0;
  double additive = 0;
  double reach = 0;
};
void add_kernel_gradient(const Hyperparameters& parameters, std::span<const AxisKind> kinds,
                         std::span<const double> point, const PointSet& points, std::size_t count,
                         const double* factors, KernelGradient& gradient);

/// gradient[i] += sum over j of factors[j] * d k(point, points[j]) / d point[i]; 0 for choices.
void add_point_gradient(const Hyperparameters& parameters, std::span<const AxisKind> kinds,
                        std::span<const double> point, const PointSet& points, const double* factors,
                        std::span<double> gradient);

}  // namespace manta::gp
