// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_schedule.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "schedulers/internal/pbt_json.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {

namespace {

// Of a combination, the snapshot of its first scheduler, which alone may change trials; any other as it is.
Result<Snapshot> first_part(const Snapshot& snapshot) {
  constexpr std::string_view kCombination = "CombinedScheduler";
  const Result<std::string> text = internal::read_snapshot(kCombination, snapshot);
  if (!text) return snapshot;
  try {
    return Snapshot{nlohmann::json::parse(*text).at("parts").at(0).get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kCombination, error.what());
  }
}

}  // namespace

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
    if (exploit.iteration < before) schedule.steps.push_back({exploit.iteration, exploit.config, trial, count});
    before = std::min(before, exploit.iteration);
    trial = exploit.donor;
    begin = exploit.donor_config;
  }
  if (schedule.steps.empty() || schedule.steps.back().after > 0) schedule.steps.push_back({0, begin, trial});
  std::reverse(schedule.steps.begin(), schedule.steps.end());
  return schedule;
}

Result<PbtHistory> PbtHistory::from_snapshot(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const Snapshot first, first_part(snapshot));
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot("PbtScheduler", first));
  try {
    return internal::history_from(nlohmann::json::parse(text).at("history"));
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot("PbtScheduler", error.what());
  }
}

Result<PbtSchedule> PbtSchedule::from_snapshot(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const PbtHistory history, PbtHistory::from_snapshot(snapshot));
  if (history.best.trial.number >= 0) return of(history);
  return Error{ErrorCode::kInvalidArgument, "the population has not reported anything, so it has no schedule"};
}

}  // namespace manta
