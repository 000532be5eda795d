// SPDX-License-Identifier: Apache-2.0
// Whether a text is JSON that nobody can read in two ways.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace manta {

/// What parse_space() asks of a text before it looks at the meaning. For documents that hold a space within: readers
/// that keep the last of two equal keys would hide the mistake from parse_space(). Errors: kInvalidArgument: larger
/// than 1 MiB; not JSON or not UTF-8 (with line and column); a key twice in one object or more than 64 levels (with the
/// path).
Result<void> check_json(std::string_view json);

}  // namespace manta
