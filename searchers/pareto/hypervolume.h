// SPDX-License-Identifier: Apache-2.0
// How much of the space of losses a set of points dominates: one number for a whole front.
#pragma once

#include <span>
#include <vector>

#include "searchers/pareto/pareto.h"

namespace manta {

/// The volume of what is dominated by a point of `table` and better than `reference` in every objective; exact. Points
/// that are not better than it there add nothing.
///
/// By slices (hypervolume by slicing objectives, While et al., IEEE TEC 10, 2006): O(n log n) for two objectives, O(n²
/// log n) for three, and n times as much for each further one.
double hypervolume(const LossTable& table, std::span<const double> reference);

/// hypervolume() of the first point alone, of the first two, and so on to all.
std::vector<double> hypervolume_over_time(const LossTable& table, std::span<const double> reference);

/// The points of `table` in parts of the box between the best and the worst loss of each objective: 0 is the best, 1
/// the worst, and where all are equal 0. With the reference (1, …, 1) a hypervolume is then a share of that box.
LossTable in_unit_box(const LossTable& table);

}  // namespace manta
