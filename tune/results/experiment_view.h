// SPDX-License-Identifier: Apache-2.0
// An experiment's file, looked at: also while somebody else writes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/results/stored_experiment.h"
#include "tune/trial/metrics.h"
#include "tune/trial/snapshot.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// One trial as it is recorded.
struct TrialRecord {
  TrialStatus status;               ///< With the state that is recorded, whoever runs or does not run it.
  std::optional<WallTime> started;  ///< Of its first attempt.
  std::optional<WallTime> ended;    ///< None: not yet.
};

struct AttemptRecord {
  TrialId trial;
  int attempt = 1;
  std::string state;  ///< "running", or how it ended.
  std::string cause;
  std::int64_t from_iteration = 0;
  WallTime started;
  std::optional<WallTime> ended;
  int slots = 1;
};

struct CheckpointRecord {
  TrialId trial;
  int attempt = 1;
  std::int64_t iteration = 0;
  std::int64_t bytes = 0;
  std::string file;  ///< Below the experiment's checkpoints/.
};

struct NoteRecord {
  std::optional<TrialId> trial;  ///< None: about the experiment.
  WallTime when;
  std::string text;
};

/// Reads `experiment.db` of one directory, and writes nothing. Each method sees all that was committed when it began.
///
/// Thread-safety: none. Errors of all methods: kStorage: the file is damaged, or the disk failed.
class ExperimentView {
 public:
  /// Errors: kNotFound: no experiment there. kIncompatible: of a newer version of the tables. kStorage.
  static Result<ExperimentView> open(const std::filesystem::path& directory);

  ExperimentView(ExperimentView&& other) noexcept;
  ExperimentView& operator=(ExperimentView&& other) noexcept;
  ~ExperimentView();

  const std::filesystem::path& directory() const;
  Result<ExperimentSpec> spec();
  /// Of all runs together, up to their last commit.
  Result<double> elapsed_seconds();
  /// By number.
  Result<std::vector<TrialRecord>> trials();
  /// Those of the last report of each trial that has reported.
  Result<std::map<TrialId, Metrics>> last_metrics();
  /// Those of the last report with the objective of each trial that has one: what further objectives and constraints
  /// go by.
  Result<std::map<TrialId, Metrics>> objective_metrics();
  /// By trial and number; of all trials, or of one.
  Result<std::vector<AttemptRecord>> attempts(std::optional<TrialId> trial = {});
  Result<std::vector<CheckpointRecord>> checkpoints(TrialId trial);
  /// The newest, or none: the experiment is young, or deterministic.
  Result<std::optional<Snapshot>> scheduler_snapshot();
  /// With its contents; one that is damaged is passed over. None: there is none.
  Result<std::optional<Checkpoint>> newest_checkpoint(TrialId trial);
  /// In the order in which they were made.
  Result<std::vector<NoteRecord>> notes();
  /// Calls `take` for each report in the order of arrival, of all trials or of one; metrics sorted by name.
  Result<void> for_each_report(std::optional<TrialId> trial,
                               const std::function<void(const Report& report, WallTime when)>& take);

 private:
  class Impl;
  explicit ExperimentView(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// Who runs the experiment in `directory` now: "pid 4711 on host since 2026-01-01T12:00:00Z"; none: nobody.
std::optional<std::string> experiment_owner(const std::filesystem::path& directory);

/// Removes the experiment in `directory`: what schema.md lists, and the directory if nothing else is in it. Returns
/// what else there was.
/// Errors: kNotFound: no experiment there. kFailedPrecondition: somebody runs it. kStorage: a file that stays.
Result<std::vector<std::filesystem::path>> remove_experiment(const std::filesystem::path& directory);

}  // namespace manta
