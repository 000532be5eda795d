// SPDX-License-Identifier: Apache-2.0
// What the experiment wants: which metric, and which way is better.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

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

  friend bool operator==(const Objective&, const Objective&) = default;
};

/// Reads "loss", or several metrics, each with its mode where it is not `mode`: "error, accuracy:max". At least one.
/// Errors: kInvalidArgument: a name is missing, or there twice.
Result<std::vector<Objective>> parse_objectives(std::string_view text, Mode mode);

/// "min" or "max".
std::string_view mode_text(Mode mode);

}  // namespace manta
