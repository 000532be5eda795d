// SPDX-License-Identifier: Apache-2.0
// The covariance of Gaussian processes over numbers, ranks and choices.
#include "searchers/gp/kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "searchers/gp/simd.h"

namespace manta::gp {

namespace {

constexpr std::size_t kChunk = 256;  // Points of one pass; what a pass keeps lies on the stack.

// exp(-t) for t >= 0, within 1e-13 relative down to 1e-299, then about that. Without a call, so that loops over it
// become vector instructions.
MANTA_INLINE double exp_minus(double t) {
  const double x = -(t < 688.0 ? t : 688.0);
  const auto whole = static_cast<std::int32_t>(x * 1.4426950408889634 - 0.5);  // Rounds: x is not positive.
  const double k = whole;
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
  double p = 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * std::bit_cast<double>((static_cast<std::int64_t>(whole) + 1023) << 52);
}

MANTA_INLINE double square_difference(double x, double y) { return (x - y) * (x - y); }
MANTA_INLINE double is_different(double x, double y) { return x != y ? 1.0 : 0.0; }

// distances[j] += weight * u_j and, unless `reached` is 0, sums[j] += 1 / (1 + reached u_j).
MANTA_MULTIVERSION void add_axis(const double* __restrict column, double x, bool choice, double weight, double reached,
                                 double* __restrict distances, double* __restrict sums, std::size_t n) {
  if (choice) {
    const double far = 1.0 / (1.0 + reached);
    for (std::size_t j = 0; j < n; ++j) {
      const double u = is_different(column[j], x);
      distances[j] += weight * u;
      sums[j] += 1.0 + (far - 1.0) * u;
    }
  } else if (reached == 0) {
    for (std::size_t j = 0; j < n; ++j) distances[j] += weight * square_difference(column[j], x);
  } else {
    for (std::size_t j = 0; j < n; ++j) {
      const double u = square_difference(column[j], x);
      distances[j] += weight * u;
      sums[j] += 1.0 / (1.0 + reached * u);
    }
  }
}

// out[j] = joint * M(distances[j]) + additive * sums[j].
MANTA_MULTIVERSION void finish(const double* __restrict distances, const double* __restrict sums, double joint,
                               double additive, double* __restrict out, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    const double r = std::sqrt(5.0 * distances[j]);
    out[j] = joint * (1.0 + r + r * r * (1.0 / 3.0)) * exp_minus(r) + additive * sums[j];
  }
}

// slopes[j] = factors[j] * joint * dM/ds and shares[j] = factors[j] * M.
MANTA_MULTIVERSION void slopes_of(const double* __restrict distances, const double* __restrict factors, double joint,
                                  double* __restrict slopes, double* __restrict shares, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j) {
    const double r = std::sqrt(5.0 * distances[j]);
    const double decay = factors[j] * exp_minus(r);
    slopes[j] = joint * (-5.0 / 6.0) * (1.0 + r) * decay;
    shares[j] = (1.0 + r + r * r * (1.0 / 3.0)) * decay;
  }
}

MANTA_MULTIVERSION double sum_all(const double* numbers, std::size_t n) {
  Lanes sums{}, some;
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) load(some, numbers + j), sums += some;
  double total = sum_of(sums);
  for (; j < n; ++j) total += numbers[j];
  return total;
}

// Sums over j of slopes[j] u_j, of factors[j] / (1 + reached u_j), and of the latter's derivative by ln(reached).
MANTA_MULTIVERSION void sum_axis(const double* column, double x, double reached, const double* slopes,
                                 const double* factors, std::size_t n, double* sums) {
  Lanes weight{}, additive{}, reach{}, at, one, reaches;
  fill(at, x);
  fill(one, 1.0);
  fill(reaches, reached);
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    Lanes u, slope, factor;
    load(u, column + j);
    load(slope, slopes + j);
    load(factor, factors + j);
    u = (u - at) * (u - at);
    weight += slope * u;
    const Lanes near = one / (one + reaches * u);
    additive += factor * near;
    reach += factor * near * near * u;
  }
  double totals[3] = {sum_of(weight), sum_of(additive), sum_of(reach)};
  for (; j < n; ++j) {
    const double u = square_difference(column[j], x);
    const double near = 1.0 / (1.0 + reached * u);
    totals[0] += slopes[j] * u;
    totals[1] += factors[j] * near;
    totals[2] += factors[j] * near * near * u;
  }
  sums[0] = totals[0];
  sums[1] = totals[1];
  sums[2] = -reached * totals[2];
}

void sum_choice(const double* column, double x, double reached, const double* slopes, const double* factors,
                std::size_t n, double* sums) {
  const double far = 1.0 / (1.0 + reached);
  sums[0] = sums[1] = sums[2] = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const bool is_far = column[j] != x;
    sums[0] += is_far ? slopes[j] : 0.0;
    sums[1] += is_far ? factors[j] * far : factors[j];
    sums[2] -= is_far ? factors[j] * far * far * reached : 0.0;
  }
}

MANTA_MULTIVERSION double sum_point_axis(const double* column, double x, double weight, double reached, double additive,
                                         const double* slopes, const double* factors, std::size_t n) {
  const double share = additive * reached;
  Lanes sums{}, at, one, weights, reaches, shares;
  fill(at, x);
  fill(one, 1.0);
  fill(weights, weight);
  fill(reaches, reached);
  fill(shares, share);
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    Lanes difference, slope, factor;
    load(difference, column + j);
    load(slope, slopes + j);
    load(factor, factors + j);
    difference = at - difference;
    const Lanes near = one / (one + reaches * difference * difference);
    sums += difference * (slope * weights - shares * factor * near * near);
  }
  double total = sum_of(sums);
  for (; j < n; ++j) {
    const double difference = x - column[j];
    const double near = 1.0 / (1.0 + reached * difference * difference);
    total += difference * (slopes[j] * weight - share * factors[j] * near * near);
  }
  return 2.0 * total;
}

// Weighted squared distances, and the sums of the additive part when there is one.
void measure(const Hyperparameters& parameters, std::span<const AxisKind> kinds, std::span<const double> point,
             const PointSet& points, std::size_t begin, std::size_t n, double* distances, double* sums) {
  for (std::size_t j = 0; j < n; ++j) distances[j] = sums[j] = 0;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const double weight = parameters.weights[i];
    const double reached = parameters.additive > 0 ? parameters.reach * weight : 0;
    add_axis(points.axis(i) + begin, point[i], kinds[i] == AxisKind::kChoice, weight, reached, distances, sums, n);
  }
}

}  // namespace

void PointSet::add(std::span<const double> point) {
  for (std::size_t i = 0; i < point.size(); ++i) columns_[i].push_back(point[i]);
  ++size_;
}

std::vector<double> PointSet::point(std::size_t index) const {
  std::vector<double> point;
  for (const std::vector<double>& column : columns_) point.push_back(column[index]);
  return point;
}

void PointSet::truncate(std::size_t size) {
  for (std::vector<double>& column : columns_) column.resize(std::min(size, size_));
  size_ = std::min(size, size_);
}

void kernel_row(const Hyperparameters& parameters, std::span<const AxisKind> kinds, std::span<const double> point,
                const PointSet& points, PointRange range, double* out) {
  double distances[kChunk];
  double sums[kChunk];
  const double share = parameters.additive / static_cast<double>(kinds.size());
  for (std::size_t begin = range.begin; begin < range.end; begin += kChunk) {
    const std::size_t n = std::min(kChunk, range.end - begin);
    measure(parameters, kinds, point, points, begin, n, distances, sums);
    finish(distances, sums, parameters.joint, share, out + (begin - range.begin), n);
  }
}

void add_kernel_gradient(const Hyperparameters& parameters, std::span<const AxisKind> kinds,
                         std::span<const double> point, const PointSet& points, std::size_t count,
                         const double* factors, KernelGradient& gradient) {
  double distances[kChunk];
  double shares[kChunk];
  double slopes[kChunk];
  const double share = parameters.additive / static_cast<double>(kinds.size());
  Hyperparameters joint_only = parameters;
  joint_only.additive = 0;
  for (std::size_t begin = 0; begin < count; begin += kChunk) {
    const std::size_t n = std::min(kChunk, count - begin);
    measure(joint_only, kinds, point, points, begin, n, distances, shares);
    slopes_of(distances, factors + begin, parameters.joint, slopes, shares, n);
    gradient.joint += parameters.joint * sum_all(shares, n);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const double weight = parameters.weights[i];
      const double reached = parameters.additive > 0 ? parameters.reach * weight : 0;
      double sums[3];
      if (kinds[i] == AxisKind::kChoice) {
        sum_choice(points.axis(i) + begin, point[i], reached, slopes, factors + begin, n, sums);
      } else {
        sum_axis(points.axis(i) + begin, point[i], reached, slopes, factors + begin, n, sums);
      }
      gradient.weights[i] += weight * sums[0] + share * sums[2];
      gradient.additive += share * sums[1];
      gradient.reach += share * sums[2];
    }
  }
}

void add_point_gradient(const Hyperparameters& parameters, std::span<const AxisKind> kinds,
                        std::span<const double> point, const PointSet& points, const double* factors,
                        std::span<double> gradient) {
  double distances[kChunk];
  double shares[kChunk];
  double slopes[kChunk];
  const double share = parameters.additive / static_cast<double>(kinds.size());
  Hyperparameters joint_only = parameters;
  joint_only.additive = 0;
  for (std::size_t begin = 0; begin < points.size(); begin += kChunk) {
    const std::size_t n = std::min(kChunk, points.size() - begin);
    measure(joint_only, kinds, point, points, begin, n, distances, shares);
    slopes_of(distances, factors + begin, parameters.joint, slopes, shares, n);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i] == AxisKind::kChoice) continue;
      const double weight = parameters.weights[i];
      gradient[i] += sum_point_axis(points.axis(i) + begin, point[i], weight, parameters.reach * weight, share, slopes,
                                    factors + begin, n);
    }
  }
}

}  // namespace manta::gp
