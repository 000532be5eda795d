// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/acquisition.h"

#include <cmath>
#include <numbers>

namespace manta::gp {

namespace {

// Above it, what the direct formula loses to cancellation is z^2 in 2^53; below it, the continued fraction is exact to
// rounding after kTerms.
constexpr double kFarTail = -6;
constexpr int kTerms = 40;

double normal_density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

LogImprovement log_expected_improvement(double mean, double deviation, double best) {
  const double z = (best - mean) / deviation;
  if (z > kFarTail) {
    const double density = normal_density(z);
    const double below = normal_cdf(z);
    const double share = density + z * below;
    return {std::log(deviation) + std::log(share), -below / (deviation * share), density / (deviation * share)};
  }
  // Phi(-x) / phi(x) = 1 / (x + t) with t = 1 / (x + 2 / (x + 3 / ...)), so phi + z Phi = phi t / (x + t).
  const double x = -z;
  double t = 0;
  for (int k = kTerms; k >= 1; --k) t = k / (x + t);
  const double log_density = -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi);
  return {std::log(deviation) + log_density + std::log(t / (x + t)), -1 / (deviation * t), (x + t) / (deviation * t)};
}

}  // namespace manta::gp
