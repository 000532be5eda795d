// SPDX-License-Identifier: Apache-2.0
// A configuration near another one.
#pragma once

#include "core/base/random.h"
#include "tune/space/space.h"

namespace manta::internal {

/// `from` with every parameter changed a little, inside `space`.
///
/// Source: the explore step of population based training, Jaderberg et al. 2017, section 4: each hyperparameter is
/// drawn anew with probability `resample`, else multiplied by 1.2 or 0.8. Deviations, which keep what the space says:
///  - A value stays within its bounds, and on its steps; one that a factor would not move goes by one step.
///  - A number whose range does not lie above zero, and one that is nearly zero, moves by a fifth of its size or by a
///    fiftieth of its range, whichever is more, so that zero is no trap. A factor is applied as it is where the scale
///    is logarithmic.
///  - An ordinal moves one place up or down; a choice has no neighbours, so it changes only when it is drawn anew.
///  - Grids and constants stay. What `from` does not have stays away.
///  - A parameter whose condition no longer holds is left out; one whose condition has come to hold is drawn.
/// What the space refuses, because of a constraint, is tried again, at last with `from` itself.
Config explore(const Space& space, const Config& from, RandomStream& random, double resample);

}  // namespace manta::internal
