// SPDX-License-Identifier: Apache-2.0
// Asynchronous successive halving, stopping variant.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "schedulers/internal/rung.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Stops, at the iterations grace, grace * eta, grace * eta^2, …, the trials that are not among the best 1/eta of those
/// that arrived there before.
///
/// Source: ASHA, Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", with the stopping rule that
/// Ray Tune uses in place of promotion. r = `grace`, eta = `eta`, R = `max_t`, s = 0 (one bracket). The cutoff at a
/// rung is the percentile 1 - 1/eta, interpolated linearly, of the scores that arrived before; a score below it is
/// stopped, an equal one goes on. Deviations:
///  - No decision before eta scores have arrived at a rung, so the second trial to arrive is not cut by the first
///  alone.
///  - A trial is judged at the highest rung it has reached; the rungs below then count as passed, so a trial that
///  reports
///    seldom never leaves a later value at an earlier rung.
///  - A value that is not finite is worse than any other and never joins the scores, so it changes nothing for other
///    trials. Its trial is stopped as soon as the rung where it arrived has eta scores and the value still is not
///    finite.
/// Each trial is judged once per rung, however often it is retried; a stopped one that still reports is told so again.
///
/// Cost: on_report() O(log n) in the scores of one rung; a finished trial leaves eight bytes per rung it passed.
class AshaScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t grace = 1;    ///< Iterations of the first rung: 1 to max_t.
    std::int64_t eta = 4;      ///< One in `eta` goes on: 2 to 1000.
    std::int64_t max_t = 100;  ///< Where trials are complete; no rung above. 1 to 1,000,000,000.
    /// What rungs count instead of iterations: "seconds" that a trial has run, or a metric of its reports that only
    /// grows. A trial that reaches max_t of it is stopped. "": iterations.
    std::string cost = {};
  };
  static constexpr std::int64_t kMaxEta = 1000;
  static constexpr std::int64_t kMaxIterations = 1'000'000'000;

  /// `options` within the ranges above; make_scheduler() checks them.
  AshaScheduler(Objective objective, const Options& options);

  /// Errors: also kInvalidArgument: the report lacks the metric that `cost` names.
  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  /// None: this variant never pauses.
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  std::optional<std::int64_t> max_iterations() const override {
    return options_.cost.empty() ? std::optional(options_.max_t) : std::nullopt;
  }
  /// Up to the next rung.
  std::int64_t unjudged_iterations(TrialId trial, std::int64_t iteration) const override;
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode, grace, eta or cost differ. Another max_t is taken: the rungs that
  /// both have keep their scores.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  // What is known of a trial that has not ended.
  struct Standing {
    std::size_t passed = 0;   // Rungs behind it: all below this index.
    bool not_finite = false;  // Its value at rung passed - 1 was not finite.
    bool stopped = false;
  };

  // How much the trial has been given, in what rungs count.
  std::optional<double> spent(const Report& report) const;
  std::size_t rungs_reached(double spent) const;
  // Whether the trial is to be stopped; marks rungs as passed and adds the score.
  bool judge(Standing& standing, double spent, double score);

  const Objective objective_;
  const Options options_;
  std::vector<internal::Rung> rungs_;
  std::unordered_map<TrialId, Standing> standings_;
};

}  // namespace manta
