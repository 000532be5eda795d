// SPDX-License-Identifier: Apache-2.0
// Which changes of a space leave the trials that it has had valid.
#pragma once

#include <string>
#include <vector>

#include "tune/space/space.h"

namespace manta {

/// What `after` changes and a resumed experiment may not change, as lines `name: before -> after`; empty: nothing.
/// Allowed are a wider range (of a float or an int, with the same log and step, of which the old values still are some)
/// and further values of a choice or an ordinal, whose old values stay, in an ordinal in their order. All else, such as
/// a parameter more or less, another constraint, or another list of a grid, makes another experiment.
std::vector<std::string> forbidden_changes(const Space& before, const Space& after);

/// Whether the two differ in anything that drawing or judging depends on.
bool is_same_space(const Space& a, const Space& b);

}  // namespace manta
