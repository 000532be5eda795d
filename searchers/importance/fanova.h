// SPDX-License-Identifier: Apache-2.0
// How the variance of a forest's prediction divides among its axes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "searchers/forest/random_forest.h"
#include "searchers/importance/axis_measure.h"

namespace manta {

/// Shares of the variance of a prediction over the whole space.
struct VarianceShares {
  struct Pair {
    std::size_t first = 0;
    std::size_t second = 0;
    double share = 0;  ///< What the two do together, beyond what each does alone.
  };
  std::vector<double> axes;  ///< What each does alone, whatever the others are.
  std::vector<Pair> pairs;   ///< Among the axes with the largest shares; the largest first.
};

/// Functional ANOVA of `forest`, whose axes are those of `measures`.
///
/// Source: Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance", ICML 2014,
/// Algorithm 2: the variance of the marginal prediction, of each tree by itself, mean over the trees. A marginal's
/// variance is summed over pairs of leaves instead of over values. Deviation: a parameter may be inactive, which
/// counts as a value; parameters are independent of each other, as if any might be inactive whatever the others are.
/// Complexity: O(trees · leaves² · (d + pairs)), with pairs of 20 axes at most.
VarianceShares variance_shares(const RandomForest& forest, std::span<const AxisMeasure> measures);

}  // namespace manta
