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
  const std::string_view json = snapshot.json;
  const std::string expected = opening(class_name);
  if (!json.starts_with(expected) || !json.ends_with('}')) {
    return damaged_snapshot(class_name, "it begins with \"" + std::string(json.substr(0, 40)) +
                                            "\"; resume with the scheduler that the experiment began with");
  }
  return std::string(json.substr(expected.size(), json.size() - expected.size() - 1));
}

Error damaged_snapshot(std::string_view class_name, std::string_view reason) {
  return {ErrorCode::kInvalidArgument,
          "this is no snapshot of " + std::string(class_name) + ": " + std::string(reason)};
}

}  // namespace manta::internal
