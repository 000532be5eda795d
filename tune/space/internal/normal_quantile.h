// SPDX-License-Identifier: Apache-2.0
// The inverse of the standard normal distribution function.
#pragma once

namespace manta::internal {

/// z with P(Z <= z) = `p`, to about one part in 10^16. `p` in (0, 1).
///
/// Source: algorithm AS 241, routine PPND16, Wichura, "The Percentage Points of the Normal Distribution", Applied
/// Statistics 37 (1988).
double normal_quantile(double p);

}  // namespace manta::internal
