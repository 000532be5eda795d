// SPDX-License-Identifier: Apache-2.0
// Losses as a Gaussian process likes them.
#pragma once

#include <span>
#include <vector>

namespace manta::gp {

/// Monotone in the losses, of zero mean and unit variance, with a tail of bad losses drawn in. All equal: zeros.
///
/// Source: the power transform of Cowen-Rivers et al., "HEBO: Pushing the Limits of Sample-Efficient Hyperparameter
/// Optimisation" (2022): Yeo and Johnson's, with the exponent under which the values look most normal. Deviation:
/// losses above the median by more than kTail times what lies between the best and the median are drawn to that first,
/// so that one diverged trial does not hide all others.
std::vector<double> warp_losses(std::span<const double> losses);

}  // namespace manta::gp
