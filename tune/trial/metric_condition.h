// SPDX-License-Identifier: Apache-2.0
// A metric compared with a number.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/trial/metrics.h"

namespace manta {

/// Holds of a report whose metric lies on the right side of the threshold. NaN lies on none.
///
/// Thread-safety: as a value.
struct MetricCondition {
  enum class Comparison { kGreater, kGreaterEqual, kLess, kLessEqual };
  std::string metric;
  Comparison comparison = Comparison::kGreaterEqual;
  double threshold = 0;

  bool holds(const Metrics& metrics) const;
  /// How far `metrics` is from the threshold, in the metric's units: 0 or below where it holds, above where it does not,
  /// and infinite where the metric is NaN or missing.
  double margin(const Metrics& metrics) const;

  /// What parse() reads: "accuracy >= 0.99".
  std::string text() const;
  /// ">", ">=", "<" or "<=".
  std::string_view comparison_text() const;

  /// Reads "accuracy>=0.99" (also > < <=; spaces allowed).
  /// Errors: kInvalidArgument: names the text and the form expected.
  static Result<MetricCondition> parse(std::string_view text);

  friend bool operator==(const MetricCondition&, const MetricCondition&) = default;
};

}  // namespace manta
