// SPDX-License-Identifier: Apache-2.0
// Parameters in an order in which each one's condition can be judged.
#pragma once

#include <cstddef>
#include <vector>

namespace manta::internal {

struct ActivityOrder {
  std::vector<std::size_t> positions;  ///< Each after those that it names; else in rising order.
  std::vector<std::size_t> cycle;  ///< If there is one: parameters of which each names the next, the last the first.
};

/// `named[i]`: the positions that the condition of parameter i names.
ActivityOrder order_by_activity(const std::vector<std::vector<std::size_t>>& named);

}  // namespace manta::internal
