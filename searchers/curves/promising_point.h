// SPDX-License-Identifier: Apache-2.0
// Where a curve to come promises most.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "searchers/curves/curve_model.h"
#include "tune/space/unit_cube.h"

namespace manta::curves {

/// What may be said of a point beside its promise, as the logarithm of a factor; -infinity: not that one.
using LogFactor = std::function<double(std::span<const double> point)>;

struct PromisingPoint {
  UnitCube::Point point;
  CurveModel::Promise promise;
};

/// How much is looked at.
struct SearchEffort {
  int random_points = 100;
  int neighbours = 14;  ///< Of each of the best curves and points,
  int rounds = 3;       ///< so often.
};

/// The point with the largest expected improvement at the horizon that was found among random ones and, again and again
/// closer by, neighbours of the best. `model` has learnt. Only points that keep the constraints are looked at; none
/// found: a random one.
/// Cost: some 300 predictions, if `effort` says nothing else.
PromisingPoint promising_point(const CurveModel& model, const UnitCube& cube, const LogFactor& factor,
                               RandomStream& random, SearchEffort effort = {});

}  // namespace manta::curves
