// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/output_warp.h"

#include <algorithm>
#include <cmath>

namespace manta::gp {

namespace {

constexpr double kTail = 5;
constexpr double kLeastSpread = 1e-12;

double quantile_of(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

void standardise(std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  const double deviation = std::sqrt(variance);
  for (double& value : values) value = deviation > kLeastSpread ? (value - mean) / deviation : 0;
}

double yeo_johnson(double value, double exponent) {
  if (value >= 0) return std::abs(exponent) < 1e-8 ? std::log1p(value) : (std::pow(value + 1, exponent) - 1) / exponent;
  const double other = 2 - exponent;
  return std::abs(other) < 1e-8 ? -std::log1p(-value) : (1 - std::pow(1 - value, other)) / other;
}

// Log likelihood of the values being normal after the transform.
double normality(const std::vector<double>& values, double exponent) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  double jacobian = 0;
  for (const double value : values) {
    const double warped = yeo_johnson(value, exponent);
    sum += warped;
    squares += warped * warped;
    jacobian += std::copysign(std::log1p(std::abs(value)), value);
  }
  const double variance = squares / n - (sum / n) * (sum / n);
  return variance > kLeastSpread ? -0.5 * n * std::log(variance) + (exponent - 1) * jacobian : -1e300;
}

}  // namespace

std::vector<double> warp_losses(std::span<const double> losses) {
  std::vector<double> values(losses.begin(), losses.end());
  if (values.size() < 2) return std::vector<double>(values.size(), 0.0);
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const double median = quantile_of(sorted, 0.5);
  // Halves, because differences of huge losses may be more than a double holds.
  const double half_spread = median / 2 - sorted.front() / 2;
  if (half_spread > 0) {
    for (double& value : values) value = std::min((value / 2 - median / 2) / half_spread, kTail);
  }
  standardise(values);
  double best_exponent = 1;
  double best_fit = normality(values, 1);
  for (double exponent = -2; exponent <= 2; exponent += 0.125) {
    const double fit = normality(values, exponent);
    if (fit > best_fit + 1e-9) {
      best_fit = fit;
      best_exponent = exponent;
    }
  }
  for (double& value : values) value = yeo_johnson(value, best_exponent);
  standardise(values);
  return values;
}

}  // namespace manta::gp
