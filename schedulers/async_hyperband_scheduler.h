// SPDX-License-Identifier: Apache-2.0
// Asynchronous HyperBand: several brackets of ASHA.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "schedulers/asha_scheduler.h"
#include "schedulers/internal/bracket_plan.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// Judges each trial by the ASHA of its bracket, which stops but never pauses. The first bracket begins to judge at
/// `grace`, the next at grace * eta, …, the last at max_t only, so that late bloomers have a chance.
///
/// Source: Li et al. 2020, section 3.3 ("looping through brackets"), with HyperBand's numbers of trials per bracket
/// (internal/bracket_plan.h), which give each about the same budget. Which bracket a trial belongs to follows from its
/// number, where Ray Tune draws it. Deviations of each bracket: see AshaScheduler.
class AsyncHyperbandScheduler final : public TrialScheduler {
 public:
  using Options = AshaScheduler::Options;

  /// `options` within the ranges that AshaScheduler::Options names; make_scheduler() checks them.
  AsyncHyperbandScheduler(Objective objective, const Options& options);

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override;
  void on_end(TrialId trial, TrialState state) override;
  /// None: it never pauses.
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override;
  std::optional<std::int64_t> max_iterations() const override { return options_.max_t; }
  Snapshot save() const override;
  /// Errors: also kInvalidArgument when metric, mode, grace, eta or the number of brackets differ.
  Result<void> restore(const Snapshot& snapshot) override;

 private:
  using Brackets = std::vector<std::unique_ptr<AshaScheduler>>;

  Brackets make_brackets() const;
  AshaScheduler& bracket_of(TrialId trial);

  const Objective objective_;
  const Options options_;
  const internal::BracketPlan plan_;
  Brackets brackets_;
};

}  // namespace manta
