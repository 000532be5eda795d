// SPDX-License-Identifier: Apache-2.0
// Parameter objects, such as {"float": [0, 1], "log": true}, as domains.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/space/internal/json_document.h"
#include "tune/space/space.h"

namespace manta::internal {

/// True if `object` is a parameter and not a group of parameters: a kind word (float, int, grid, choice, ordinal,
/// normal) has an array, or there is a kind word and nothing but words that a parameter knows.
bool is_parameter(const JsonNode& object);

/// True for the words of a space that are no kinds and no options: when, constraints, default, confidence, start.
bool is_reserved(std::string_view key);

/// The domain that a parameter object means. `path` is its own. Its keys when, default and confidence are passed over.
/// Errors: kInvalidArgument, by json_error().
Result<Domain> read_domain(const JsonNode& object, const std::string& path);

/// A scalar that may be a parameter's value.
/// Errors: kInvalidArgument: null, an array, an object, an integer beyond 64 bits.
Result<Value> read_value(const JsonNode& node, const std::string& path);

/// `; did you mean "float"?` for a slip of a kind word, else "".
std::string suggest_kind(std::string_view key);

}  // namespace manta::internal
