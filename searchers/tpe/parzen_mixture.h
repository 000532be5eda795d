// SPDX-License-Identifier: Apache-2.0
// A density over the unit cube, from points in it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "tune/space/unit_cube.h"

namespace manta::internal {

/// One kernel per point, a product over the axes, and beside them the uniform density. Densities are relative to the
/// uniform one, so an axis that a point lacks (NaN) has kernel 1.
///
/// Along a number the kernel is a normal cut off at 0 and 1; along up to kMaxTableLevels levels in an order the same at
/// their middles, so that it sums to 1 over them; along a choice the own level keeps 1 - b and all share b.
///
/// Thread-safety: const methods from any thread.
class ParzenMixture {
 public:
  static constexpr std::int64_t kMaxTableLevels = 64;

  struct Width {
    std::vector<double> numbers;  ///< Of each axis: standard deviation of the normal.
    double choice = 0.2;          ///< b.
    double uniform = 1;           ///< Weight of the uniform density; a point's is 1.
  };

  /// Whether the kernels along `axis` are tables.
  static bool has_table(const Axis& axis) { return axis.levels > 0 && axis.levels <= kMaxTableLevels; }

  /// `points`: [n, axes], row by row; n may be 0.
  ParzenMixture(std::span<const Axis> axes, std::span<const double> points, const Width& width);

  /// The log of the density at each of `points`, [n, axes], which have no NaN.
  std::vector<double> log_densities(std::span<const double> points) const;
  /// Draws one point. Coordinates on levels are at their middles, if they are few enough for a table.
  void draw(RandomStream& random, std::span<double> point) const;

 private:
  static constexpr float kMissing = -1;

  // One axis: for numbers the points' coordinates; for levels the points' rows in the
  // table of kernels, which has one row more, for a missing coordinate.
  struct Kernels {
    std::int64_t levels = 0;  // 0: no table.
    double width = 0;
    std::vector<float> centres = {};  // kMissing: none.
    bool is_any_missing = false;
    std::vector<std::uint8_t> rows = {};
    std::vector<float> log_table = {};    // [own level, level].
    std::vector<double> cumulative = {};  // [own level, level], of the probabilities.
  };

  static Kernels numbers(std::span<const double> column, double width, std::span<double> scales);
  static Kernels levels(const Axis& axis, std::span<const double> column, double width, double choice);
  static void add_logs(const Kernels& kernels, double u, std::span<float> logs);

  double uniform_;
  std::size_t count_;
  std::vector<float> log_scales_;  // Of each point's kernel, of all numbers together.
  std::vector<Kernels> axes_;
};

}  // namespace manta::internal
