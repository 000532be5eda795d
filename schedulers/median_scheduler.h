// SPDX-License-Identifier: Apache-2.0
// The median stopping rule.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "schedulers/internal/rung.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Stops a trial whose best value so far is worse than the median of what the others had on average by then.
///
/// Source: Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.2.2: at iteration t
/// the best score of a trial is compared with the median of the running means, up to t, of the trials that have
/// reported at t. Deviations:
///  - Trials that still run count too, as in asynchronous use; the trial itself does not.
///  - No decision before `grace` iterations, nor before `samples` others have reported at t.
///  - Values that are not finite join no mean. A trial that has had none but such is worse than any median.
///  - An iteration is judged once: one that comes again after a retry changes nothing.
///
/// Cost: on_report() O(log n) in the trials that reported at t; a report leaves eight bytes.
class MedianScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t grace = 1;    ///< First iteration that is judged: 1 to 1,000,000,000.
    std::int64_t samples = 3;  ///< Others that must have reported at it: 1 to 1,000,000.
  };

  /// `options` within the ranges above; make_scheduler() checks them.
  MedianScheduler(Objective objective, Options options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  /// None: it never pauses.
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric or mode differ.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  // Of a trial that has not ended. Of finite scores only.
  struct Standing {
    std::int64_t last_iteration = 0;
    std::int64_t count = 0;
    double mean = 0;
    double best = 0;  // Means nothing while count is 0.
    bool stopped = false;
  };

  // Whether the trial is to be stopped; adds its mean to those at `iteration`.
  bool judge(Standing& standing, std::int64_t iteration, double score);

  const Objective objective_;
  const Options options_;
  std::map<std::int64_t, internal::Rung> means_;  // By iteration; a rung of eta 2 cuts at the median.
  std::unordered_map<TrialId, Standing> standings_;
};

}  // namespace manta
