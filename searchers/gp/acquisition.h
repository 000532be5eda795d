// SPDX-License-Identifier: Apache-2.0
// How much a trial promises.
#pragma once

namespace manta::gp {

/// The logarithm of the expected improvement and its derivatives.
struct LogImprovement {
  double value = 0;
  double by_mean = 0;
  double by_deviation = 0;
};

/// Of a value that is normal with this mean and deviation > 0, below `best`. Finite however small the improvement is.
///
/// Source: Ament, Daulton, Eriksson, Balandat and Bakshy, "Unexpected Improvements to Expected Improvement for Bayesian
/// Optimization", 2023. Deviation: far out the Mills ratio comes from its continued fraction, so there is one formula
/// for the whole tail.
LogImprovement log_expected_improvement(double mean, double deviation, double best);

/// The logarithm of the probability that such a value is below `limit`, and its derivatives; finite likewise.
LogImprovement log_probability_below(double mean, double deviation, double limit);

/// Standard normal distribution function.
double normal_cdf(double z);

}  // namespace manta::gp
