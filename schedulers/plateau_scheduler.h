// SPDX-License-Identifier: Apache-2.0
// Stops a trial whose values no longer move.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Stops a trial when the standard deviation of its last `reports` values is at most `std`. A value that is not finite
/// is no plateau: it begins the window anew. Other trials do not matter.
///
/// Cost: on_report() O(`reports`); a finished trial leaves nothing, a live one eight bytes per report of the window.
class PlateauScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t reports = 4;  ///< 2 to 1,000,000.
    double std = 0.01;         ///< Not negative; in the metric's unit.
    std::int64_t grace = 1;    ///< No decision before this iteration: 1 to 1,000,000,000.
  };

  PlateauScheduler(Objective objective, Options options) : objective_(std::move(objective)), options_(options) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Objective objective_;
  const Options options_;
  std::map<TrialId, std::vector<double>> windows_;  // The oldest first.
};

}  // namespace manta
