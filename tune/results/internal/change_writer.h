// SPDX-License-Identifier: Apache-2.0
// Changes as rows, within one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint_store.h"
#include "tune/loop/results_sink.h"
#include "tune/results/internal/sqlite.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"

namespace manta::internal {

/// Writes the rows of one batch. A trial's standing changes with each report, but is written once per batch.
///
/// Thread-safety: none. Lives within one transaction; database and objective must outlive it.
/// Errors of all methods: kStorage.
class ChangeWriter {
 public:
  /// `next_id` is the first number that neither results nor trial_changes nor snapshots has used.
  ChangeWriter(Database& database, const Objective& objective, const FurtherGoals& further, std::int64_t next_id)
      : database_(database), objective_(objective), further_(further), next_id_(next_id) {}

  Result<void> write(const TrialChanged& change);
  Result<void> write(const AttemptStarted& change);
  Result<void> write(const AttemptEnded& change);
  Result<void> write(const Reported& change);
  Result<void> write(const SnapshotsSaved& change);
  Result<void> write(const SuggestionAsked& change);
  Result<void> write(const SpecChanged& change);
  Result<void> write(const NoteAdded& change);
  Result<void> write(const EventHandled& change);
  /// `name`: of its file.
  Result<void> write(const CheckpointSaved& change, const CheckpointName& name);

  /// Which checkpoints of a trial are kept.
  struct Retention {
    int newest = 1;
    int best = 0;  ///< Those of the best reports, besides.
  };

  /// Writes what was held back, and forgets what `retention` does not keep of each trial that has a new checkpoint.
  /// Returns what it forgot.
  Result<std::vector<CheckpointName>> finish(const Retention& retention);

  std::int64_t next_id() const { return next_id_; }

 private:
  // What the reports of a batch say about one trial.
  struct Standing {
    std::int64_t iteration = 0;
    double seconds = 0;
    std::optional<double> value;
    std::optional<double> best;  // Finite, of this batch.
  };

  Result<void> write_params(TrialId trial, const Config& config);
  Result<void> write_standing(TrialId trial, const Standing& standing);
  Result<void> forget_checkpoints(TrialId trial, const Retention& retention, std::vector<CheckpointName>& forgotten);

  Database& database_;
  const Objective& objective_;
  const FurtherGoals& further_;
  std::int64_t next_id_;
  std::unordered_map<TrialId, Standing> standings_;  // Of trials whose last change is a report.
  std::set<TrialId> with_new_checkpoint_;
};

}  // namespace manta::internal
