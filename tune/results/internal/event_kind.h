// SPDX-License-Identifier: Apache-2.0
// What `events.kind` says.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "tune/executor.h"

namespace manta::internal {

/// Of an event, or of none: the run's beginning.
inline std::string_view kind_of(const std::optional<Event>& event) {
  if (!event) return "begun";
  if (std::holds_alternative<Launched>(event->what)) return "launched";
  if (const auto* stepped = std::get_if<Stepped>(&event->what)) {
    if (!stepped->finished) return "stepped";
    return stepped->metrics.empty() ? "finished" : "stepped last";
  }
  if (const auto* saved = std::get_if<Saved>(&event->what)) return saved->bytes.empty() ? "saved nothing" : "saved";
  if (const auto* failed = std::get_if<AttemptFailed>(&event->what))
    return failed->infeasible ? "infeasible" : "failed";
  return std::holds_alternative<AttemptStopped>(event->what) ? "stopped" : "relaunched";
}

}  // namespace manta::internal
