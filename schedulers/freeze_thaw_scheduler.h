// SPDX-License-Identifier: Apache-2.0
// Pauses trials, and lets go on whoever promises most for what it still costs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "searchers/curves/curve_model.h"
#include "tune/scheduler.h"
#include "tune/space/unit_cube.h"
#include "tune/trial/objective.h"

namespace manta {

/// Looks at each trial at the iterations 1, 2, 3, 4, 6, 9, 13, …, each half as far again as the one before, and lets it go
/// on there if it promises more than every trial that waits and more than a new one would; else it waits. What promises
/// most goes on next, or a new trial begins.
///
/// A promise is the improvement on the best value so far that is expected of a trial by its last iteration, by a
/// Gaussian process over configurations and iterations (curves::CurveModel), divided by what it is expected to cost:
/// surely the iterations to where it is looked at next, and the rest with the probability that it becomes the best.
///
/// Source: Swersky, Snoek and Adams, "Freeze-Thaw Bayesian Optimization" (arXiv 1406.3896), with the process of
/// CurveModel; there the choice is by entropy search over a basket of candidates, of which some are new.
/// Where no trial is to come any more, those that have hardly a chance are given up once nothing else runs: a trial that
/// runs and never reports delays that until the loop leaves it behind.
///
/// Cost: at each look, O(N^3) for the N <= CurveModel::kMostValues reports that are learnt from.
class FreezeThawScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t max_t = 100;  ///< 1 to 1,000,000,000.
    std::uint64_t seed = 0;
  };

  /// `options` within the ranges above; make_scheduler() checks them. Keeps no reference to `space`.
  FreezeThawScheduler(Objective objective, const Space& space, const Options& options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  std::optional<std::int64_t> max_iterations() const override { return options_.max_t; }
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode or the number of parameters that vary differ. Another max_t is taken.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  // Of a trial that has reported and not ended.
  struct Standing {
    std::int64_t iteration = 0;
    std::int64_t look = 1;  // The iteration at which it is looked at next.
    double promise = 0;     // As a logarithm, when any trial was looked at last.
    double chance = 0;      // Of becoming the best.
    double expected = 0;    // At its end.
  };

  void place_again(TrialsView trials);
  void judge();
  double new_promise() const;
  double promise_of(const curves::CurveModel::Promise& promise, std::int64_t iteration) const;
  bool goes_on(TrialId trial, TrialsView trials) const;
  bool is_new_due(TrialsView trials) const;
  bool may_be_new(TrialsView trials) const;

  const Objective objective_;
  const Options options_;
  const std::unique_ptr<const UnitCube> cube_;  // Where it is is known to the model.
  curves::CurveModel model_;
  std::map<TrialId, Standing> standings_;
  std::unordered_set<TrialId> stopped_;  // Not finite, and not ended yet.
  double new_promise_ = 0;
  std::uint64_t looks_ = 0;
  std::int64_t iterations_ = 0;  // Of all trials.
  bool is_restored_ = false;   // Its curves may be of a space that has grown since.
  bool has_finished_ = false;  // Some trial came to max_t.
};

}  // namespace manta
