// SPDX-License-Identifier: Apache-2.0
// The frame that the snapshots of all schedulers share.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/trial/objective.h"
#include "tune/trial/snapshot.h"

namespace manta::internal {

/// `{"<class_name>":<state_json>}`: the text begins with the class's name.
Snapshot write_snapshot(std::string_view class_name, std::string_view state_json);

/// The text that write_snapshot() was given.
/// Errors: kInvalidArgument: the snapshot of another class, or no snapshot; the message names the class wanted.
Result<std::string> read_snapshot(std::string_view class_name, const Snapshot& snapshot);

/// The error for a state that does not read as `class_name`'s.
Error damaged_snapshot(std::string_view class_name, std::string_view reason);

/// As a snapshot names it: "min" or "max".
std::string_view mode_name(Mode mode);

}  // namespace manta::internal
