// SPDX-License-Identifier: Apache-2.0
// Stops a trial that is not good enough by then.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Stops a trial whose best value up to iteration `at` is worse than `value`, at its first report from there on. A
/// trial without a finite value is stopped there too. Other trials do not matter.
///
/// Cost: on_report() O(log n) in the live trials; a finished trial leaves nothing.
class ThresholdScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t at = 1;  ///< 1 to 1,000,000,000.
    double value = 0;     ///< Of the objective's metric.
  };

  ThresholdScheduler(Objective objective, Options options) : objective_(std::move(objective)), options_(options) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Objective objective_;
  const Options options_;
  std::map<TrialId, bool> good_;  // Whether a live trial was good enough at some time.
};

}  // namespace manta
