// SPDX-License-Identifier: Apache-2.0
// What came out of one configuration, tried once or several times.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace manta {

/// Finite values of one configuration.
struct RepeatedValue {
  std::int64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< Sum of their squared distances from the mean.

  void add(double value) {
    ++count;
    const double distance = value - mean;
    mean += distance / static_cast<double>(count);
    squares += distance * (value - mean);
  }
};

/// The standard deviation of a single value around its configuration's mean, from all configurations that have several.
/// None: none has. It takes noise to be the same everywhere.
inline std::optional<double> noise_deviation(std::span<const RepeatedValue> values) {
  double squares = 0;
  double freedoms = 0;
  for (const RepeatedValue& value : values) {
    if (value.count < 2) continue;
    squares += value.squares;
    freedoms += static_cast<double>(value.count - 1);
  }
  if (freedoms == 0) return std::nullopt;
  return std::sqrt(squares / freedoms);
}

/// Of a mean, where single values have this deviation.
inline double standard_error(const RepeatedValue& value, double deviation) {
  return deviation / std::sqrt(static_cast<double>(value.count));
}

}  // namespace manta
