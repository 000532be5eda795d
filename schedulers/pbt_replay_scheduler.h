// SPDX-License-Identifier: Apache-2.0
// Trains with the schedule of hyperparameters that a population found.
#pragma once


#include "schedulers/pbt_schedule.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Gives every trial the configuration that the schedule has for its next iteration, by letting it go on from its own
/// checkpoint with that configuration.
///
/// Source: Jaderberg et al. 2017, section 4.2: the schedule that a population discovers, used on its own. Deviation: a
/// trial's first iteration runs with what the searcher suggested, as it has reported nothing yet; give the schedule's
/// first configuration to the searcher where that matters.
///
/// Cost: on_report() O(log n) in the steps; a finished trial leaves nothing.
class PbtReplayScheduler final : public TrialScheduler {
 public:
  /// `schedule` has at least one step.
  PbtReplayScheduler(Objective objective, PbtSchedule schedule);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Objective objective_;
  const PbtSchedule schedule_;
};

}  // namespace manta
