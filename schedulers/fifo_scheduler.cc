// SPDX-License-Identifier: Apache-2.0
#include "schedulers/fifo_scheduler.h"

#include <limits>

#include "schedulers/internal/missing_metric.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {

Result<std::vector<Order>> FifoScheduler::on_report(const Report& report, TrialsView) {
  if (!report.metrics.find(objective_.metric)) return internal::missing_metric(report, objective_);
  return std::vector<Order>{};
}

void FifoScheduler::on_end(TrialId, TrialState) {}

std::optional<TrialId> FifoScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

std::int64_t FifoScheduler::unjudged_iterations(TrialId, std::int64_t) const {
  return std::numeric_limits<std::int64_t>::max();
}

Snapshot FifoScheduler::save() const { return internal::write_snapshot("FifoScheduler", "{}"); }

Result<void> FifoScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string state, internal::read_snapshot("FifoScheduler", snapshot));
  if (state != "{}") return internal::damaged_snapshot("FifoScheduler", "it holds \"" + state + "\"");
  return {};
}

}  // namespace manta
