// SPDX-License-Identifier: Apache-2.0
// Arithmetic in steps, printed back to decimal places.
#include "tune/space/internal/stepped_range.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace manta::internal {

namespace {

// Digits after the point in the shortest decimal form of `value`: 2 for 0.05, 7 for 1.5e-6, 0 for 1e3.
int decimal_places(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t exponent_at = text.find('e');
  const std::size_t point = text.find('.');
  const int digits = point == std::string_view::npos ? 0 : static_cast<int>(exponent_at - point - 1);
  int exponent = 0;
  const bool is_negative = text[exponent_at + 1] == '-';  // The sign is always there.
  std::from_chars(buffer + exponent_at + 2, end, exponent);
  return std::max(0, is_negative ? digits + exponent : digits - exponent);
}

double round_to_places(double value, int places) {
  char buffer[1100];  // 309 digits before the point, at most 341 places behind it.
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, places);
  double rounded = value;
  std::from_chars(buffer, end, rounded, std::chars_format::fixed);
  return rounded;
}

}  // namespace

SteppedRange::SteppedRange(double low, double high, double step) : low_(low), high_(high), step_(step) {
  if (is_representable()) steps_ = std::llround(steps_to(high));
}

bool SteppedRange::is_representable() const {
  return std::max(std::abs(low_), std::abs(high_)) / step_ <= kMaxBoundPerStep;
}

bool SteppedRange::is_divided() const {
  return steps_ >= 1 && std::abs(steps_to(high_) - static_cast<double>(steps_)) <= tolerance();
}

double SteppedRange::at(std::int64_t index) const {
  if (index <= 0) return low_;
  if (index >= steps_) return high_;
  const double value = std::fma(static_cast<double>(index), step_, low_);
  return round_to_places(value, std::max(decimal_places(low_), decimal_places(step_)));
}

std::optional<std::int64_t> SteppedRange::index_of(double value) const {
  const double steps = steps_to(value);
  const double nearest = std::round(steps);
  const bool is_inside = nearest >= 0 && nearest <= static_cast<double>(steps_);  // Also false for NaN.
  if (!is_inside || std::abs(steps - nearest) > tolerance()) return std::nullopt;
  return static_cast<std::int64_t>(nearest);
}

// Bounds such as 0.1 are off by half a unit in the last place, and so are the quotients: four cover them all.
double SteppedRange::tolerance() const {
  const double bound = std::max(std::abs(low_), std::abs(high_)) / step_;
  return 1e-9 + 4 * std::numeric_limits<double>::epsilon() * bound;
}

}  // namespace manta::internal
