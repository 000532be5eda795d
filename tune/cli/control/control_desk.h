// SPDX-License-Identifier: Apache-2.0
// Takes requests for a running experiment to its loop.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "tune/cli/control/control_request.h"
#include "tune/cli/control/control_socket.h"
#include "tune/cli/prepared_experiment.h"
#include "tune/loop/tune_loop.h"

namespace manta {

/// Thread-safety: handle() on one thread; the loop runs on another.
/// Ownership: experiment and loop must outlive it.
class ControlDesk {
 public:
  struct Setup {
    const PreparedExperiment& experiment;
    std::filesystem::path directory;
    int slots = 1;                                          ///< Of the executor.
    std::function<void(const std::string& line)> announce;  ///< Tells who watches the run. Any thread.
  };

  ControlDesk(Setup setup, TuneLoop& loop);

  /// Answers with answer_json(), now or on the loop's thread. Changes are durable by then.
  void handle(const std::string& line, ControlServer::Reply reply);

 private:
  // The newest checkpoint on disk. None: there is none.
  std::optional<Checkpoint> stored_checkpoint(TrialId trial) const;
  Result<void> begin(const ControlRequest& request, const CommandDone& done);
  Result<void> begin_trials(const ControlRequest& request, TrialCommand::Action action, const CommandDone& done);
  Result<void> begin_set(const ControlRequest& request, const CommandDone& done);

  const Setup setup_;
  TuneLoop& loop_;
  const bool has_grid_;  // The searcher's size counts, not the samples.
  std::mutex mutex_;     // Guards options_, which the loop's thread changes.
  TuneOptions options_;  // As they are by now.
};

}  // namespace manta
