// SPDX-License-Identifier: Apache-2.0
// All trials for a few iterations, then the best to the end.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Pauses every trial after i iterations; when all are there, lets the `best` of them run to their end.
///
/// Source: i-Epoch, Egele et al. 2023 (arXiv 2307.15422) and 2024 (arXiv 2404.04111): the baseline that any cleverer
/// rule has to beat. A trial that ends before iteration i is not waited for. A value that is not finite there stops its
/// trial. Of equal values the trial with the lower number is the better.
///
/// Cost: on_report() O(log best); a finished trial leaves eight bytes.
class IEpochScheduler final : public TrialScheduler {
 public:
  struct Options {
    std::int64_t iterations = 1;  ///< i: 1 to 1,000,000,000.
    std::int64_t best = 10;       ///< How many go on: 1 to 1,000,000,000.
  };

  /// `options` within the ranges above; make_scheduler() checks them.
  IEpochScheduler(Objective objective, Options options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode or i differ.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  void add(TrialId trial, double score);

  const Objective objective_;
  const Options options_;
  std::unordered_set<TrialId> judged_;         // Have reached i; those not finite too.
  std::unordered_set<TrialId> stopped_;        // Not finite there, and not ended yet.
  std::set<std::pair<double, TrialId>> best_;  // By the negated score: at most options_.best.
  std::int64_t ended_before_ = 0;              // Trials that ended without having been judged.
};

}  // namespace manta
