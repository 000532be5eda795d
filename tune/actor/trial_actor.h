// SPDX-License-Identifier: Apache-2.0
// The actor that a trial lives in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/objects/shared_array.h"
#include "tune/actor/trial_log.h"
#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/trainable.h"

namespace manta {

/// One attempt, as it travels to its actor.
struct TrialStart {
  std::int64_t trial = 0;
  int attempt = 1;
  std::string config;     ///< JSON.
  std::string log_path;   ///< Absolute; takes all that the attempt prints.
  std::uint64_t run = 0;  ///< As of step().

  template <class Archive>
  void serialize(Archive& archive) {
    archive(trial, attempt, config, log_path, run);
  }
};

/// How a start went.
struct TrialReady {
  bool needs_new_process = false;         ///< The process belongs to its first trial.
  std::optional<std::string> infeasible;  ///< Why the configuration cannot work.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(needs_new_process, infeasible);
  }
};

/// What one iteration gave.
struct TrialStep {
  Metrics metrics;
  double seconds = 0;
  bool finished = false;
  bool waits_for_disk = false;            ///< As Trainable::waits_for_disk().
  std::optional<std::string> infeasible;  ///< Why the configuration cannot work; the rest is then void.
  bool is_void = false;                   ///< There was no iteration, nor will there be one of the same run.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(metrics, seconds, finished, waits_for_disk, infeasible, is_void);
  }
};

/// Hosts a Trainable in a worker process. What the user's code throws becomes the error of the call.
///
/// Thread-safety: none; the worker's thread calls.
class TrialActor {
 public:
  /// `trainable` as for resolve_trainable().
  explicit TrialActor(std::string trainable) : reference_(std::move(trainable)) {}

  /// Sets the trainable up, and loads `checkpoint` unless it is empty. A new process is needed if this actor hosted
  /// another trial and its trainable cannot be reused; nothing has happened but its reset().
  /// Errors: what resolve_trainable() says; kInvalidArgument: the configuration; kStorage: the checkpoint or the log.
  Result<TrialReady> start(const TrialStart& start, const SharedArray<std::byte>& checkpoint);
  /// Runs one iteration. Calls of one `run`, made without waiting for answers in between, follow each other for a
  /// millisecond at most, and not beyond what ends the trial or has to wait for the disk: the others are void. A
  /// start() can be the first call of a run.
  TrialStep step(std::uint64_t run);
  /// The trainable's state, as CheckpointWriter encodes it; empty if it wrote none: it can only begin anew.
  SharedArray<std::byte> save();

 private:
  Result<TrialReady> set_up(const Config& config, const SharedArray<std::byte>& checkpoint);
  Result<void> load(const SharedArray<std::byte>& checkpoint);
  bool may_go_on(std::uint64_t run);

  const std::string reference_;
  TrialLog log_;
  // Declared before the trainable, which may read it as long as it lives.
  SharedArray<std::byte> checkpoint_;
  std::unique_ptr<CheckpointReader> reader_;
  std::unique_ptr<Trainable> trainable_;
  std::size_t saved_size_ = 0;  // Of the last saved state: the next is likely to be as large.
  std::uint64_t run_ = 0;
  TimePoint run_began_{};
  bool is_run_over_ = true;
};

}  // namespace manta
