// SPDX-License-Identifier: Apache-2.0
// The better part of many points.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/pareto/pareto.h"

namespace manta {

/// So many of `members`, places in `table` that do not dominate each other, that cover their front: with up to three
/// objectives those that dominate the most together, in parts of the members' box with a tenth more at the worst end,
/// with more objectives those that stand alone (crowding_distances()). The most important first.
///
/// Source: hypervolume subset selection; greedy, so it reaches 63 % of the best subset's volume at least (Nemhauser,
/// Wolsey and Fisher 1978), and lazy (Minoux 1978): what a point adds only falls as others are taken.
std::vector<std::size_t> covering_subset(const LossTable& table, std::span<const std::size_t> members,
                                         std::size_t count);

/// The better `count` of the points of `table`, or all: front by front, of the last that does not fit its
/// covering_subset(). Where those that keep the constraints are not enough, then others, the smallest violation first;
/// `violations` as for domination_ranks(). Best first.
/// O(f (n log n + n m)) with f points in the fronts that are looked at.
std::vector<std::size_t> best_by_fronts(const LossTable& table, std::span<const double> violations, std::size_t count);

}  // namespace manta
