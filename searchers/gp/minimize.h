// SPDX-License-Identifier: Apache-2.0
// Downhill with gradients, within bounds.
#pragma once

#include <functional>
#include <vector>

namespace manta::gp {

struct Minimum {
  std::vector<double> at;
  double value = 0;
};

/// When a search ends.
struct Effort {
  int evaluations = 0;       ///< At most.
  double least_gain = 1e-7;  ///< Of a step; as a share of the value where that is above 1.
};

/// A local minimum of `function` between `low` and `high`, from `start`. `function` writes its gradient; infinity and
/// NaN are places to keep away from.
///
/// Limited-memory BFGS (Liu and Nocedal 1989) with projection onto the bounds and a backtracking line search; the best
/// point seen is what is returned.
Minimum minimize(const std::function<double(const std::vector<double>& at, std::vector<double>& gradient)>& function,
                 std::vector<double> start, const std::vector<double>& low, const std::vector<double>& high,
                 Effort effort);

}  // namespace manta::gp
