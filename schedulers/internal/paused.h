// SPDX-License-Identifier: Apache-2.0
// Which trials wait.
#pragma once

#include <cstddef>

#include "tune/scheduler.h"

namespace manta::internal {

/// Whether `trial` is in the table, and paused.
inline bool is_paused(TrialsView trials, TrialId trial) {
  const auto number = static_cast<std::size_t>(trial.number);
  return number < trials.size() && trials[number].state == TrialState::kPaused;
}

}  // namespace manta::internal
