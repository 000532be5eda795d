// SPDX-License-Identifier: Apache-2.0
// Stops a trial that has not become better for a while.
#pragma once

#include <cstdint>
#include <map>

#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Stops a trial whose best value has not become better by more than `delta` in its last `reports` reports (early
/// stopping with patience, Prechelt 1998). A value that is not finite is no improvement. Other trials do not matter.
///
/// Cost: on_report() O(log n) in the live trials; a finished trial leaves nothing.
class PatienceScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t reports = 10;  ///< 1 to 1,000,000,000.
    double delta = 0;           ///< Not negative; in the metric's unit.
  };

  PatienceScheduler(Objective objective, Options options) : objective_(std::move(objective)), options_(options) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  struct Standing {
    std::optional<double> best;  // Score of the last improvement.
    std::int64_t without = 0;    // Reports since then.
  };

  const Objective objective_;
  const Options options_;
  std::map<TrialId, Standing> standings_;
};

}  // namespace manta
