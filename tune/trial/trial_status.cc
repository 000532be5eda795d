// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/trial_status.h"

#include <array>
#include <cstddef>

namespace manta {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 9> kStateNames = {"pending", "running",    "paused",      "completed", "stopped",
                                                         "failed",  "infeasible", "interrupted", "held"};

}  // namespace

std::string_view to_string(TrialState state) {
  const auto index = static_cast<std::size_t>(state);
  return index < kStateNames.size() ? kStateNames[index] : std::string_view("unknown");
}

std::optional<TrialState> trial_state_from_string(std::string_view text) {
  for (std::size_t index = 0; index < kStateNames.size(); ++index) {
    if (kStateNames[index] == text) return static_cast<TrialState>(index);
  }
  return std::nullopt;
}

bool is_ended(TrialState state) {
  return state == TrialState::kCompleted || state == TrialState::kStopped || state == TrialState::kFailed ||
         state == TrialState::kInfeasible;
}

}  // namespace manta
