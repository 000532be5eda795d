// SPDX-License-Identifier: Apache-2.0
// What the experiment wants: which metric, and which way is better.
#pragma once

#include <cmath>
#include <limits>
#include <string>

namespace manta {

enum class Mode { kMin, kMax };

struct Objective {
  std::string metric = "loss";
  Mode mode = Mode::kMin;

  /// `value` as a number where larger is better; NaN and the bad infinity are the worst there is, below every finite.
  double score(double value) const {
    const double signed_value = mode == Mode::kMax ? value : -value;
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : signed_value;
  }
};

}  // namespace manta
