// SPDX-License-Identifier: Apache-2.0
// HyperBand: successive halving in brackets, each rung judged when all of it are there.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schedulers/internal/bracket_plan.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Pauses the trials of a bracket at its next rung until all of them are there, then lets the best 1/eta go on and
/// stops the others.
///
/// Source: HyperBand, Li et al. 2018 (internal/bracket_plan.h has the sizes); R = `max_t`. Deviations:
///  - All brackets run at the same time, as far as there are slots; the oldest goes first.
///  - A bracket that is not full, since no more trials come, keeps 1/eta of those that it has, and at least one.
///  - A trial that ends is not waited for. One whose value is not finite at a rung is stopped there.
///  - Of equal values the trial with the lower number is the better.
///  - A trial that reports seldom is judged at one rung after the other, never at two at once.
///  - One that comes to a rung which has been judged without it, in a run that was extended, goes on if it is no worse
///    than the worst that went on.
///
/// Cost: on_report() O(log n) in the trials of one bracket, O(n) where a rung is judged; next_to_resume() O(trials of
/// brackets that have not ended). A finished bracket leaves nothing.
class HyperbandScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t max_t = 81;  ///< R: 1 to 1,000,000,000.
    std::int64_t eta = 3;     ///< One in `eta` goes on: 2 to 1000.
  };

  /// `options` within the ranges above; make_scheduler() checks them.
  HyperbandScheduler(Objective objective, Options options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  std::optional<std::int64_t> max_iterations() const override { return options_.max_t; }
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode, max_t or eta differ.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  struct Rung {
    std::int64_t members = 0;                      // Trials that were sent to it.
    std::int64_t ended = 0;                        // Those of them that are not waited for.
    std::set<std::pair<double, TrialId>> arrived;  // The best first: by the negated score.
    bool is_judged = false;
    std::set<TrialId> kept;  // Of those that arrived, once it is judged.
    double cut = 0;          // The worst score of those.

    bool is_complete(std::int64_t of) const { return static_cast<std::int64_t>(arrived.size()) + ended >= of; }
  };
  // A bracket whose trials have not all ended.
  struct Standing {
    std::vector<Rung> rungs;  // Without the last, where trials end.
    std::int64_t ended = 0;   // Of all its trials.
  };

  Standing& standing_of(std::int64_t bracket);
  std::size_t share_of(const Rung& rung) const;
  // What becomes of a trial that arrives at rung `index`.
  void arrive(Standing& standing, std::size_t index, TrialId trial, double score, std::vector<Order>& orders);
  void arrive_late(Standing& standing, std::size_t index, TrialId trial, double score);
  void judge_if_complete(Standing& standing, std::size_t index);
  // The best go on, the others are to be stopped.
  void judge(Standing& standing, std::size_t index);
  // Whether it has arrived at so many rungs and no more.
  bool is_at(TrialId trial, std::size_t rungs) const;
  void stop(TrialId trial) { stopped_[trial] = false; }
  void add_stops(std::vector<Order>& orders);

  const Objective objective_;
  const Options options_;
  const internal::BracketPlan plan_;
  std::map<std::int64_t, Standing> standings_;       // By bracket.
  std::unordered_map<TrialId, std::size_t> passed_;  // Rungs that a trial has arrived at, while it has not ended.
  std::map<TrialId, bool> stopped_;                  // Judged, and not ended yet; whether it was ordered.
};

}  // namespace manta
