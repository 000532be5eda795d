// SPDX-License-Identifier: Apache-2.0
// Which points of a grid are worth a visit, where there are conditions and constraints.
#pragma once

#include <cstdint>
#include <vector>

#include "tune/space/space.h"

namespace manta::internal {

/// Points that can be looked through one by one.
inline constexpr std::int64_t kMaxFilteredGrid = 1'000'000;

/// True if visited_points() may leave one out: a grid parameter has a condition, or there is a constraint.
bool has_filtered_grid(const Space& space);

/// Indices of the points to visit, rising. Left out are those that equal another one, because a parameter is inactive
/// in both and the other has its first value, and those that break a constraint whatever is drawn. What depends on a
/// parameter that is drawn leaves nothing out. `space`: grid_size() <= kMaxFilteredGrid.
std::vector<std::int64_t> visited_points(const Space& space);

}  // namespace manta::internal
