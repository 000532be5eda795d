// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_replay_scheduler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {

PbtReplayScheduler::PbtReplayScheduler(Objective objective, PbtSchedule schedule)
    : objective_(std::move(objective)), schedule_(std::move(schedule)) {
  MANTA_CHECK(!schedule_.steps.empty(), "a schedule without steps");
}

Result<std::vector<Order>> PbtReplayScheduler::on_report(const Report& report, TrialsView trials) {
  if (!report.metrics.find(objective_.metric)) return internal::missing_metric(report, objective_);
  const auto number = static_cast<std::size_t>(report.trial.number);
  const auto above = std::find_if(schedule_.steps.begin() + 1, schedule_.steps.end(),
                                  [&](const PbtSchedule::Step& step) { return step.after > report.iteration; });
  const Config& wanted = std::prev(above)->config;
  if (number >= trials.size() || trials[number].config == wanted) return std::vector<Order>{};
  return std::vector<Order>{{report.trial, Clone{report.trial, wanted}}};
}

void PbtReplayScheduler::on_end(TrialId, TrialState) {}

std::optional<TrialId> PbtReplayScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot PbtReplayScheduler::save() const { return internal::write_snapshot("PbtReplayScheduler", "{}"); }

Result<void> PbtReplayScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string state, internal::read_snapshot("PbtReplayScheduler", snapshot));
  if (state != "{}") return internal::damaged_snapshot("PbtReplayScheduler", "it holds \"" + state + "\"");
  return {};
}

}  // namespace manta
