// SPDX-License-Identifier: Apache-2.0
// Decides who goes on, pauses, clones or stops.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "tune/space/config.h"
#include "tune/trial/snapshot.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// End the trial for good: it is not worth its slot.
struct Stop {};
/// Checkpoint the trial and free its slot; next_to_resume() may name it later.
struct Pause {};
/// Go on from the donor's checkpoint with `config` (PBT).
struct Clone {
  TrialId donor;
  Config config;
};
/// What the loop is to do with one trial.
struct Order {
  TrialId trial;
  std::variant<Stop, Pause, Clone> action;
};

/// Judges trials; carries nothing out. A trial that no order names goes on.
///
/// Thread-safety: none; the loop calls from one thread.
/// Determinism: the same calls in the same order bring the same orders.
class TrialScheduler {
 public:
  virtual ~TrialScheduler() = default;

  /// Judges one report. `trials` is a snapshot, valid during the call only; it includes the reporting trial.
  /// Errors: kInvalidArgument: the metric is missing; nothing has changed. A metric that is NaN is no error: it is
  /// worst.
  virtual Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) = 0;

  /// `trial` has ended for good (completed, stopped or failed) and will neither report nor wait any more.
  virtual void on_end(TrialId trial, TrialState state) = 0;

  /// The paused trial to resume next, or none. `more_to_come`: further trials may still be added.
  /// Asking does not change the scheduler.
  virtual std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const = 0;

  /// How many more iterations a trial that has done `iteration` certainly runs, whatever it reports of those before the
  /// last: at least 1. Where they are short, it runs them without waiting to be judged after each.
  virtual std::int64_t unjudged_iterations(TrialId trial, std::int64_t iteration) const {
    return static_cast<void>(trial), static_cast<void>(iteration), 1;
  }

  /// The iteration after which a trial has nothing more to show by this scheduler's rules (HyperBand's R): whoever sets
  /// the loop up ends trials there. None: no such rule.
  virtual std::optional<std::int64_t> max_iterations() const { return std::nullopt; }

  /// What restore() needs to make an equal scheduler in another process.
  virtual Snapshot save() const = 0;
  /// Errors: kInvalidArgument: the snapshot is of another scheduler or damaged; nothing has changed.
  virtual Result<void> restore(const Snapshot& snapshot) = 0;
};

}  // namespace manta
