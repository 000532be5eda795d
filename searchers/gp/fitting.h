// SPDX-License-Identifier: Apache-2.0
// When a process has enough points, and how long its parameters are looked for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "searchers/gp/kernel.h"
#include "tune/space/unit_cube.h"

namespace manta::gp {

inline constexpr double kPriorTrials = 5;  ///< For which the user's defaults count fully.

/// Random points before there is a model of so many parameters.
inline std::size_t first_points(std::size_t parameters) { return std::clamp<std::size_t>(parameters / 2 + 2, 4, 10); }

/// Evaluations of the likelihood: of the first fit, of those that begin where the last ended, and of those among many
/// points.
inline int fit_evaluations(bool is_first, std::size_t points) { return is_first ? 40 : points <= 128 ? 12 : 8; }

inline std::vector<AxisKind> axis_kinds(const UnitCube& cube) {
  std::vector<AxisKind> kinds;
  for (const Axis& axis : cube.axes())
    kinds.push_back(axis.kind == manta::AxisKind::kChoice ? AxisKind::kChoice : AxisKind::kNumber);
  return kinds;
}

}  // namespace manta::gp
