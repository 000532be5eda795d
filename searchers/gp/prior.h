// SPDX-License-Identifier: Apache-2.0
// What is believed of hyperparameters before there are points.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace manta::gp {

/// A normal prior, mostly of a hyperparameter's logarithm, and the bounds within which fits stay.
struct Prior {
  double mean;
  double deviation;
  double low;
  double high;
};

// Of the logarithms of what Hyperparameters has by these names.
inline constexpr Prior kJoint{-0.3, 1.0, -6, 4};
inline constexpr Prior kAdditive{-1.0, 1.5, -7, 4};
inline constexpr Prior kReach{1.0, 1.0, -3, 5};

/// Length scales: ln l ~ N(sqrt 2 + ln(d) / 2, 3), so the logarithm of their inverse square has twice the deviation.
inline Prior weight_prior(std::size_t dimensions) {
  const auto d = static_cast<double>(std::max<std::size_t>(dimensions, 1));
  const double mean = -2 * (std::numbers::sqrt2 + 0.5 * std::log(d));
  return {mean, 2 * std::numbers::sqrt3, mean - 9, 7.4};
}

/// Minus the log density of `numbers`, but for a constant; adds its gradient to `gradient`. All of one size.
inline double minus_log_prior(std::span<const Prior> priors, std::span<const double> numbers,
                              std::span<double> gradient) {
  double value = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double z = (numbers[i] - priors[i].mean) / priors[i].deviation;
    value += 0.5 * z * z;
    gradient[i] += z / priors[i].deviation;
  }
  return value;
}

}  // namespace manta::gp
