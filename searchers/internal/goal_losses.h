// SPDX-License-Identifier: Apache-2.0
// A history as the functions over fronts see it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/internal/history.h"
#include "searchers/pareto/pareto.h"

namespace manta::internal {

/// The losses of the records at `places`, all of which are known.
LossTable losses_of(const History& history, std::span<const std::size_t> places);

/// Of each of `places` the sum over the constraints on metrics of what breaks them, each in parts of the largest
/// violation among them; 0: all are kept, infinite: one is not known.
std::vector<double> violations_of(const History& history, std::span<const std::size_t> places);

/// Where the complete records are, rising.
std::vector<std::size_t> complete_places(const History& history);

}  // namespace manta::internal
