// SPDX-License-Identifier: Apache-2.0
// Lets every trial run to its end.
#pragma once

#include <utility>

#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// First in, first out: gives no orders.
class FifoScheduler final : public TrialScheduler {
 public:
  explicit FifoScheduler(Objective objective) : objective_(std::move(objective)) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  /// Any number.
  std::int64_t unjudged_iterations(TrialId trial, std::int64_t iteration) const override;
  Snapshot save() const override;
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  const Objective objective_;
};

}  // namespace manta
