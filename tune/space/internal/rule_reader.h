// SPDX-License-Identifier: Apache-2.0
// What a space says beside domains: conditions, constraints, defaults, points to begin with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/internal/json_document.h"
#include "tune/space/space.h"

namespace manta::internal {

/// The value of a key `when`. What it names is not looked up: check_conditions() does that once all are known.
/// Errors: kInvalidArgument, by json_error(), as all below.
Result<Condition> read_condition(const JsonNode& node, const std::string& path);

/// The keys when, default and confidence of a parameter object at `path`, into `parameter`, whose domain is read.
Result<void> read_rules(const JsonNode& object, const std::string& path, Parameter& parameter);

/// Whether each condition names another parameter, demands what that can be, and none depends on itself.
Result<void> check_conditions(const std::vector<Parameter>& parameters);

/// The top's key `constraints`: a list of expressions over `parameters`.
Result<std::vector<Expression>> read_constraints(const JsonNode& node, const std::vector<Parameter>& parameters);

/// The top's key `start`: a list of configurations, each in the domains of `space`, or parts of them.
Result<std::vector<Config>> read_start(const JsonNode& node, const Space& space);

}  // namespace manta::internal
