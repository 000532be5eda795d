// SPDX-License-Identifier: Apache-2.0
// An experiment as one JSON document: the space and every option.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/option_table.h"
#include "tune/cli/run_request.h"

namespace manta {

/// Takes a document over into `request`. A document with the key "space" is a whole experiment: each of its other keys
/// is an option. Any other document is a space. The space itself is not looked into: see parse_space().
///
/// `origin` names the document in messages.
/// Errors: kInvalidArgument: not JSON (with line and column), not an object, an unknown key, or a value of the wrong
/// form.
Result<void> apply_document(std::string_view json, std::string_view origin, RunRequest& request);

/// The stored options and the space as one document, which apply_document() reads again: indented JSON.
/// Errors: kInvalidArgument: the space is no JSON.
Result<std::string> to_document(const TuneOptions& options);

/// Lines "lr: {"float":[0.0,1.0]} -> {"float":[0.0,0.5]}" for what differs between two experiments and may not when one
/// is resumed as the other. Empty: nothing. What may change of a space is what space_evolution.h says.
std::vector<std::string> forbidden_changes(const TuneOptions& stored, const TuneOptions& asked);

}  // namespace manta
