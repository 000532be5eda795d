// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/snapshot_frame.h"

namespace manta::internal {

namespace {

std::string opening(std::string_view class_name) { return "{\"" + std::string(class_name) + "\":"; }

}  // namespace

Snapshot write_snapshot(std::string_view class_name, std::string_view state_json) {
  return {opening(class_name) + std::string(state_json) + "}"};
}

Result<std::string> read_snapshot(std::string_view class_name, const Snapshot& snapshot) {
  const std::string_view text = snapshot.json;
  const std::string expected = opening(class_name);
  if (!text.starts_with(expected) || !text.ends_with('}')) {
    return damaged_snapshot(class_name, "it begins with \"" + std::string(text.substr(0, 40)) +
                                            "\"; resume with the scheduler that the experiment began with");
  }
  return std::string(text.substr(expected.size(), text.size() - expected.size() - 1));
}

Error damaged_snapshot(std::string_view class_name, std::string_view reason) {
  return {ErrorCode::kInvalidArgument,
          "this is no snapshot of " + std::string(class_name) + ": " + std::string(reason)};
}

std::string_view mode_name(Mode mode) { return mode == Mode::kMax ? "max" : "min"; }

}  // namespace manta::internal
