// SPDX-License-Identifier: Apache-2.0
// Functions of two objectives, to be made small, over x0, x1, … in [0, 1]. Zitzler, Deb and Thiele 2000: the distance from
// the front grows with the mean of all coordinates but the first.
#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "tune/space/config.h"

namespace manta {

inline double x_of(const Config& config, int i) { return config["x" + std::to_string(i)].as<double>(); }

inline double zdt_distance(const Config& config) {
  double sum = 0;
  const auto size = static_cast<int>(config.values().size());
  for (int i = 1; i < size; ++i) sum += x_of(config, i);
  return 1 + 9 * sum / (size - 1);
}

inline std::array<double, 2> zdt1_values(const Config& config) {
  const double g = zdt_distance(config);
  return {x_of(config, 0), g * (1 - std::sqrt(x_of(config, 0) / g))};
}

inline std::array<double, 2> zdt2_values(const Config& config) {
  const double g = zdt_distance(config);
  return {x_of(config, 0), g * (1 - std::pow(x_of(config, 0) / g, 2))};
}

inline std::array<double, 2> zdt3_values(const Config& config) {
  const double g = zdt_distance(config);
  const double part = x_of(config, 0) / g;
  return {x_of(config, 0), g * (1 - std::sqrt(part) - part * std::sin(10 * std::numbers::pi * x_of(config, 0)))};
}

}  // namespace manta
