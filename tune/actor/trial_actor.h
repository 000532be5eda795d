// SPDX-License-Identifier: Apache-2.0
// The actor that a trial lives in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/objects/shared_array.h"
#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/trainable.h"

namespace manta {

/// One attempt, as it travels to its actor.
struct TrialStart {
  std::int64_t trial = 0;
  int attempt = 1;
  std::string config;    ///< JSON.
  std::string log_path;  ///< Takes all that the attempt prints.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(trial, attempt, config, log_path);
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
  std::optional<std::string> infeasible;  ///< Why the configuration cannot work; the rest is then void.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(metrics, seconds, finished, infeasible);
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
  /// Runs one iteration.
  TrialStep step();
  /// The trainable's state, as CheckpointWriter encodes it; empty if it wrote none: it can only begin anew.
  SharedArray<std::byte> save();

 private:
  Result<TrialReady> set_up(const Config& config, const SharedArray<std::byte>& checkpoint);
  Result<void> load(const SharedArray<std::byte>& checkpoint);

  const std::string reference_;
  // Declared before the trainable, which may read it as long as it lives.
  SharedArray<std::byte> checkpoint_;
  std::unique_ptr<CheckpointReader> reader_;
  std::unique_ptr<Trainable> trainable_;
};

}  // namespace manta
