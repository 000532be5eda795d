// SPDX-License-Identifier: Apache-2.0
// What a front leaves undominated, in boxes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "searchers/pareto/pareto.h"

namespace manta {

/// Disjoint boxes that together are all that lies below a reference point in every objective and that no point of a
/// front dominates. Their corners have few different coordinates, so they are kept by number.
struct UndominatedBoxes {
  /// Of each objective, rising: minus infinity, the coordinates of the front, the reference's.
  std::vector<std::vector<double>> levels;
  /// Of each box its lower corner as numbers of levels, one an objective, then its upper corner.
  std::vector<std::vector<std::uint32_t>> corners;
};

/// Points of `front` that are not below `reference` everywhere, or dominated, do no harm.
///
/// By a sweep along the last objective over the boxes of the others, each box for as long as it lasts (after Lacour,
/// Klamroth and Fonseca, "A box decomposition algorithm to compute the hypervolume indicator", 2017): f + 1 boxes for
/// two objectives, O(f) for three, O(f²) for four. O(f log f), O(f² log f) and O(f⁴) time.
UndominatedBoxes undominated_boxes(const LossTable& front, std::span<const double> reference);

}  // namespace manta
