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

/// A local minimum of `function` between `low` and `high`, from `start`, with at most `evaluations` calls. `function`
/// writes its gradient; infinity and NaN are places to keep away from.
///
/// Limited-memory BFGS (Liu and Nocedal 1989) with projection onto the bounds and a backtracking line search; the best
/// point seen is what is returned.
Minimum minimize(const std::function<double(const std::vector<double>& at, std::vector<double>& gradient)>& function,
                 std::vector<double> start, const std::vector<double>& low, const std::vector<double>& high,
                 int evaluations);

}  // namespace manta::gp
