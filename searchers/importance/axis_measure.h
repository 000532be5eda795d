// SPDX-License-Identifier: Apache-2.0
// How much of one parameter's values a leaf of a tree covers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "searchers/forest/random_forest.h"
#include "tune/space/space.h"
#include "tune/space/unit_cube.h"

namespace manta {

/// One axis of a cube for trees in which "inactive" is a value of its own: of a choice a level more, before the others;
/// of anything else the lower half of the axis, while its own values have the upper half. A parameter without a
/// condition keeps its axis. Levels have the mass that random search gives them.
///
/// Thread-safety: const methods from any thread.
class AxisMeasure {
 public:
  /// `inactive`: probability that the parameter takes no part; none: it has no condition.
  AxisMeasure(const Axis& axis, const Domain& domain, std::optional<double> inactive);

  /// The axis as a forest is to see it.
  const Axis& axis() const { return axis_; }
  /// The coordinate there of `u` on the cube's own axis; NaN: inactive.
  double coordinate(double u) const;
  /// The probability of `side`, in [0, 1].
  double share(const RandomForest::Side& side) const;

 private:
  struct Atom {
    double at = 0;
    double below = 0;  // Mass of all atoms before it.
  };

  double mass_below(double u) const;  // Of the atoms up to and with `u`.

  Axis axis_;
  bool has_condition_;
  double inactive_;
  std::vector<double> bits_;  // Of a choice: the mass of each bit.
  std::vector<Atom> atoms_;   // Of anything else that has levels, rising; with one more, of all mass, at the end.
  double start_ = 0;          // From here on the axis has its own values.
};

/// What both sides cover.
RandomForest::Side overlap(const RandomForest::Side& a, const RandomForest::Side& b);

}  // namespace manta
