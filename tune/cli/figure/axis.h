// SPDX-License-Identifier: Apache-2.0
// An axis of a diagram: where a value lies on it, and which values are written beside it.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace manta::figure {

/// The least and the greatest of some values.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  /// One that is not finite changes nothing.
  void add(double value);
  bool is_empty() const { return low > high; }
};

struct Tick {
  double value = 0;
  std::string text;
};

/// Immutable; a value.
class Axis {
 public:
  enum class Scale { kLinear, kLog };

  /// Reaches over `extent`: a single value has some room on both sides, and one that is empty reaches from 0 to 1. A
  /// logarithmic axis whose extent is not positive is linear.
  Axis(Extent extent, Scale scale);

  bool is_log() const { return is_log_; }
  /// 0 at the lower end, 1 at the upper. None: it is not finite, or not positive on a logarithmic axis.
  std::optional<double> place(double value) const;
  /// Round values within its ends, in rising order, two to eight of them where there are so many; `whole`: integers.
  std::vector<Tick> ticks(bool whole = false) const;

 private:
  std::vector<Tick> linear_ticks(bool whole) const;
  std::vector<Tick> log_ticks() const;

  double low_;
  double high_;
  bool is_log_;
};

/// `value` with at most `digits` significant digits: "0.001", "20000", "1.5e7".
std::string short_number(double value, int digits);

}  // namespace manta::figure
