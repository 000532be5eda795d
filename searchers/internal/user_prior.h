// SPDX-License-Identifier: Apache-2.0
// Where the user's defaults say that good points are.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "searchers/internal/history.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// A density over the unit cube, relative to the uniform one: a product over the axes. Along a number with a default it
/// is a normal around it, cut off at 0 and 1, and along a choice more weight on the default; the surer the user is, the
/// narrower and the heavier. A share of each stays uniform, so every point is possible. Without a default an axis has
/// density 1, and so has one that does not take part (NaN).
///
/// Searchers take an acquisition function times density^weight(), as πBO does (Hvarfner et al., ICLR 2022). Deviations:
/// the exponent, there β / n, is at most 1, falls with n^2, and falls at once where what is likely turns out bad.
///
/// Thread-safety: const methods from any thread.
class UserPrior {
 public:
  explicit UserPrior(const UnitCube& cube);

  /// Whether no axis has a default: the density is 1 everywhere.
  bool is_flat() const { return is_flat_; }
  double log_density(std::span<const double> point) const;
  /// Adds `weight` times the derivative of log_density() to `slope`; that along levels which are few is 0.
  void add_slope(std::span<const double> point, double weight, std::span<double> slope) const;
  void draw(RandomStream& random, std::span<double> point) const;

  /// The exponent of the density in the next proposal, in [0, 1]. It falls once more than `full` trials have ended or
  /// reported, and where the likelier of two trials is mostly the worse. 0 if it is flat.
  double weight(const History& history, double full) const;

 private:
  // Of one axis.
  struct Factor {
    bool is_flat = true;
    double at = 0.5;                   // The default.
    double deviation = 1;              // Of the normal, before it is cut off.
    double uniform = 1;                // Share.
    double peak = 1;                   // Of the normal's density.
    std::vector<double> ends = {};     // Of few levels: where each ends, rising.
    std::vector<double> density = {};  // At each.
  };

  // Of all pairs of trials, each as often as the one is likelier than the other: the share in which it is the better.
  double agreement(const History& history) const;

  static Factor factor_of(const Axis& axis, const Parameter& parameter);
  static Factor number(const Axis& axis, const Parameter& parameter, double at);
  static Factor choice(const Axis& axis, const Parameter& parameter, double at);
  static double normal_at(const Factor& factor, double u);
  static double density_at(const Factor& factor, double u);
  static double drawn_from(const Factor& factor, RandomStream& random);

  std::vector<Factor> factors_;
  bool is_flat_ = true;
};

}  // namespace manta::internal
