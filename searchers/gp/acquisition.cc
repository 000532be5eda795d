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

constexpr double kLogRootTwoPi = 0.91893853320467274;

double normal_density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

// 1 / (x + 2 / (x + 3 / ...)): Phi(-x) / phi(x) = 1 / (x + this).
double mills_fraction(double x) {
  double t = 0;
  for (int k = kTerms; k >= 1; --k) t = k / (x + t);
  return t;
}

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
  // phi + z Phi = phi t / (x + t).
  const double x = -z;
  const double t = mills_fraction(x);
  const double log_density = -0.5 * z * z - kLogRootTwoPi;
  return {std::log(deviation) + log_density + std::log(t / (x + t)), -1 / (deviation * t), (x + t) / (deviation * t)};
}

LogImprovement log_probability_below(double mean, double deviation, double limit) {
  const double z = (limit - mean) / deviation;
  double log = 0;
  double by_z = 0;
  if (z > kFarTail) {
    const double below = normal_cdf(z);
    log = std::log(below);
    by_z = normal_density(z) / below;
  } else {
    by_z = -z + mills_fraction(-z);
    log = -0.5 * z * z - kLogRootTwoPi - std::log(by_z);
  }
  return {log, -by_z / deviation, -by_z * z / deviation};
}

}  // namespace manta::gp
