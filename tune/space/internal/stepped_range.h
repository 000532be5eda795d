// SPDX-License-Identifier: Apache-2.0
// The values low, low + step, …, high of a stepped float.
#pragma once

#include <cstdint>
#include <optional>

namespace manta::internal {

/// A range with a step that divides it, up to the rounding of decimal fractions.
class SteppedRange {
 public:
  /// Beside larger bounds the step drowns in the rounding of the bounds themselves.
  static constexpr double kMaxBoundPerStep = 1e12;

  /// `low` < `high`, 0 < `step`, all finite.
  SteppedRange(double low, double high, double step);

  /// True if no bound is more than kMaxBoundPerStep steps from zero.
  bool is_representable() const;
  /// True if `high` is `low` plus a whole number of steps, one at least. Only if is_representable().
  bool is_divided() const;
  /// How many values there are, both ends included. Only if is_divided(), as all below.
  std::int64_t size() const { return steps_ + 1; }
  /// The value after `index` steps, rounded to the decimal places of `low` and `step`: 0.15, not 0.15000000000000002.
  /// The first is exactly `low`, the last exactly `high`.
  double at(std::int64_t index) const;
  /// The index of `value`, up to rounding, or none: it is not one of the values.
  std::optional<std::int64_t> index_of(double value) const;

 private:
  double steps_to(double value) const { return value / step_ - low_ / step_; }
  double tolerance() const;  // In steps.

  double low_;
  double high_;
  double step_;
  std::int64_t steps_ = 0;
};

}  // namespace manta::internal
