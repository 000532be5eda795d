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

double yeo_johnson(double value, double exponent) {
  if (value >= 0) return std::abs(exponent) < 1e-8 ? std::log1p(value) : (std::pow(value + 1, exponent) - 1) / exponent;
  const double other = 2 - exponent;
  return std::abs(other) < 1e-8 ? -std::log1p(-value) : (1 - std::pow(1 - value, other)) / other;
}

double slope_of_yeo_johnson(double value, double exponent) {
  return value >= 0 ? std::pow(value + 1, exponent - 1) : std::pow(1 - value, 1 - exponent);
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

OutputWarp::Standard::Standard(std::span<const double> values) {
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double variance = 0;
  for (const double value : values) variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  deviation = std::sqrt(variance);
  if (!(deviation > kLeastSpread)) deviation = 0;
}

OutputWarp::OutputWarp(std::span<const double> losses) {
  if (losses.size() < 2) return;
  std::vector<double> values(losses.begin(), losses.end());
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  median_ = quantile_of(sorted, 0.5);
  // Halves, because differences of huge losses may be more than a double holds.
  half_spread_ = std::max(median_ / 2 - sorted.front() / 2, 0.0);
  for (double& value : values) value = drawn_in(value);
  before_ = Standard(values);
  for (double& value : values) value = before_.of(value);
  double best_fit = normality(values, 1);
  for (double exponent = -2; exponent <= 2; exponent += 0.125) {
    const double fit = normality(values, exponent);
    if (fit > best_fit + 1e-9) {
      best_fit = fit;
      exponent_ = exponent;
    }
  }
  for (double& value : values) value = yeo_johnson(value, exponent_);
  after_ = Standard(values);
}

double OutputWarp::drawn_in(double loss) const {
  return half_spread_ > 0 ? std::min((loss / 2 - median_ / 2) / half_spread_, kTail) : loss;
}

double OutputWarp::value_of(double loss) const { return after_.of(yeo_johnson(before_.of(drawn_in(loss)), exponent_)); }

double OutputWarp::loss_per_value(double loss) const {
  const double warped = before_.of(drawn_in(loss));
  const double by_loss = half_spread_ > 0 ? 0.5 / half_spread_ : 1;
  const double spread = before_.deviation * after_.deviation;
  return spread > 0 ? spread / (by_loss * slope_of_yeo_johnson(warped, exponent_)) : 0;
}

std::vector<double> warp_losses(std::span<const double> losses) {
  const OutputWarp warp(losses);
  std::vector<double> values;
  for (const double loss : losses) values.push_back(warp.value_of(loss));
  return values;
}

}  // namespace manta::gp
