// SPDX-License-Identifier: Apache-2.0
// A space that a test writes as JSON.
#pragma once

#include <string_view>

#include "tune/space/space.h"

namespace manta {

inline Space space_of(std::string_view json) { return parse_space(json).value(); }

}  // namespace manta
