// SPDX-License-Identifier: Apache-2.0
// Asynchronous successive halving, promotion variant.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schedulers/asha_scheduler.h"
#include "schedulers/internal/top_share.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Pauses every trial at the iterations grace, grace * eta, grace * eta^2, …, and lets it go on once it is among the
/// best floor(n / eta) of the n that have arrived there; the highest rung first.
///
/// Source: ASHA, Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", Algorithm 2. r = `grace`,
/// eta = `eta`, R = `max_t`, s = 0 (one bracket). A slot goes to a trial that can be promoted before it goes to a new
/// one. Deviations:
///  - At the highest rung nothing is paused: a trial that got there runs to max_t.
///  - A trial is judged at the highest rung it has reached; the rungs below then count as passed.
///  - A value that is not finite is worse than any other: its trial is stopped there, and joins no rung.
///  - No more than floor(n / eta) are promoted from a rung, also where scores are equal: then the trial with the lower
///    number goes first.
/// What is left at a rung when nothing else can run is stopped by the loop.
///
/// Cost: on_report() and next_to_resume() O(log n) in the trials of one rung, plus the trials that run; a finished
/// trial leaves eight bytes per rung.
class AshaPromoteScheduler final : public TrialScheduler {
 public:
  using Options = AshaScheduler::Options;

  /// `options` within the ranges that AshaScheduler::Options names; make_scheduler() checks them.
  AshaPromoteScheduler(Objective objective, const Options& options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  std::optional<std::int64_t> max_iterations() const override { return options_.max_t; }
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode, grace or eta differ. Another max_t is taken: the rungs that both
  /// have keep their trials.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  // What waits at a rung, the best first, and of equal ones the first that was made.
  using Waiting = std::set<std::pair<double, TrialId>>;  // The negated score comes first.
  struct Rung {
    std::int64_t iteration = 1;
    internal::TopShare scores;
    std::size_t promoted = 0;  // Trials that went on from here.
    Waiting waiting;           // Those that have not, or are on their way to the next rung.
  };
  // Of a trial that has not ended.
  struct Standing {
    std::size_t passed = 0;  // Rungs behind it: all below this index.
    double score = 0;        // At rung passed - 1; finite.
    bool stopped = false;
  };

  std::vector<Rung> make_rungs() const;
  std::size_t rungs_reached(std::int64_t iteration) const;
  // It is no longer at the rung that it was judged at last.
  void leave_rung(TrialId trial, const Standing& standing, bool promoted);

  const Objective objective_;
  const Options options_;
  std::vector<Rung> rungs_;
  std::unordered_map<TrialId, Standing> standings_;
};

}  // namespace manta
