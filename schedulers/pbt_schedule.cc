// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_schedule.h"

#include <algorithm>

#include "schedulers/internal/pbt_json.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {

PbtSchedule PbtSchedule::of(const PbtHistory& history) {
  // Backwards from the best report: where its trial last took another's weights, what that one had done before, …
  PbtSchedule schedule;
  TrialId trial = history.best.trial;
  Config begin = history.best.config;
  std::size_t count = std::min(history.best.exploits_before, history.exploits.size());
  std::int64_t before = history.best.iteration;
  while (count > 0) {
    const PbtExploit& exploit = history.exploits[--count];
    if (exploit.trial != trial) continue;
    // Of two exploits at the same iteration the later one decides; nothing was trained in between.
    if (exploit.iteration < before) schedule.steps.push_back({exploit.iteration, exploit.config});
    before = std::min(before, exploit.iteration);
    trial = exploit.donor;
    begin = exploit.donor_config;
  }
  if (schedule.steps.empty() || schedule.steps.back().after > 0) schedule.steps.push_back({0, begin});
  std::reverse(schedule.steps.begin(), schedule.steps.end());
  return schedule;
}

Result<PbtSchedule> PbtSchedule::from_snapshot(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot("PbtScheduler", snapshot));
  try {
    const PbtHistory history = internal::history_from(nlohmann::json::parse(text).at("history"));
    if (history.best.trial.number < 0)
      return Error{ErrorCode::kInvalidArgument, "the population has not reported anything, so it has no schedule"};
    return of(history);
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot("PbtScheduler", error.what());
  }
}

}  // namespace manta
