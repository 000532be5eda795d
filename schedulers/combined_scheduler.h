// SPDX-License-Identifier: Apache-2.0
// Several rules at once: one that may do anything, and others that may stop.
#pragma once

#include <memory>
#include <vector>

#include "tune/scheduler.h"

namespace manta {

/// Asks all of its schedulers about every report. The first one's orders stand, unless one of the others stops the
/// trial: then that is all that happens to it. Only the first is asked whom to resume.
///
/// Cost: those of its schedulers together.
class CombinedScheduler final : public TrialScheduler {
 public:
  /// At least one; all but the first give no orders but Stop.
  explicit CombinedScheduler(std::vector<std::unique_ptr<TrialScheduler>> schedulers);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  /// The least that any of them names.
  std::optional<std::int64_t> max_iterations() const override;
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when the schedulers are others, or in another order.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  std::vector<std::unique_ptr<TrialScheduler>> schedulers_;
};

}  // namespace manta
