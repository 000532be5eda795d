// SPDX-License-Identifier: Apache-2.0
// Nested objects of values as values by their joined names.
#pragma once

#include <map>
#include <string>

#include "core/base/result.h"
#include "tune/space/internal/json_document.h"
#include "tune/space/value.h"

namespace manta::internal {

/// The scalars of `node` by name, with '/' between the levels. `path` is its own.
/// Errors: kInvalidArgument, by json_error(): no object of scalars and objects, or a name that stands twice.
Result<std::map<std::string, Value>> read_flat_values(const JsonNode& node, const std::string& path);

}  // namespace manta::internal
