// SPDX-License-Identifier: Apache-2.0
// The one numeric view of a space that models of it share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tune/space/config.h"
#include "tune/space/space.h"

namespace manta {

/// How the places along an axis lie to each other.
enum class AxisKind {
  kContinuous,  ///< A float without a step, or a normal.
  kInteger,     ///< An int, or a float with a step: levels at equal distances, or at those of their logarithms.
  kOrdinal,     ///< Levels in an order, at distances that mean nothing.
  kChoice,      ///< Levels without an order.
};

/// One parameter that varies.
struct Axis {
  std::string name;
  AxisKind kind = AxisKind::kContinuous;
  std::int64_t levels = 0;  ///< How many values there are; 0 for kContinuous.
};

/// A point of the unit cube for each configuration. A coordinate is the quantile of its parameter's value, so a uniform
/// point is a random configuration, and what is log-scaled in the space is straight here. Level k of n equally likely
/// ones has [k/n, (k+1)/n) and is encoded at its middle. Constants have no axis, and a parameter with one value
/// neither. A grid parameter counts as ordinal if its values are rising numbers, else as choice.
///
/// Thread-safety: const methods from any thread.
class UnitCube {
 public:
  using Point = std::vector<double>;

  explicit UnitCube(Space space);

  const Space& space() const { return space_; }
  const std::vector<Axis>& axes() const { return axes_; }
  std::size_t size() const { return axes_.size(); }
  /// How many configurations there are without conditions and constraints; saturates at 2^62, as of any continuous
  /// axis.
  std::int64_t configurations() const;

  /// The point of `config`; NaN where the parameter is missing from it, because it is inactive.
  Point encode(const Config& config) const;
  /// The configuration at `point`, without what is inactive there; coordinates outside [0, 1] count as the nearest end,
  /// NaN of an active parameter as 0.5.
  Config decode(std::span<const double> point) const;
  /// `point` with each coordinate moved to the middle of its level and into [0, 1]. NaN where the parameter is
  /// inactive; NaN of an active one stays in a space without conditions and becomes the middle in one with some.
  Point snap(std::span<const double> point) const;
  /// Whether the parameter of each axis takes part at `point`.
  std::vector<bool> activity(std::span<const double> point) const;
  /// Whether the configuration at `point` keeps all constraints of the space.
  bool is_feasible(std::span<const double> point) const;

 private:
  std::vector<std::optional<Value>> values_at(std::span<const double> point) const;

  Space space_;
  std::vector<Axis> axes_;
  std::vector<std::size_t> parameters_;              // Of each axis: its place in space_.parameters().
  std::vector<std::optional<std::size_t>> axis_of_;  // Of each parameter.
};

/// Where `value` lies in `domain`: the u in [0, 1] for which value_at() gives it, the middle of all such u where there
/// are several. NaN if it is not of the domain.
double position_of(const Domain& domain, const Value& value);

}  // namespace manta
