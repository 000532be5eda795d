// SPDX-License-Identifier: Apache-2.0
// A runtime's status as JSON, for other programs and other versions of this one.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/status.h"

namespace manta {

/// One object; its keys are the names of RuntimeStatus' fields. Names that are no UTF-8 are mended.
std::string to_json(const RuntimeStatus& status);

/// What to_json() wrote, perhaps in another version: keys that are missing give defaults, unknown ones are ignored.
/// Errors: kInvalidArgument: it is no such text.
Result<RuntimeStatus> parse_status_json(std::string_view text);

}  // namespace manta
