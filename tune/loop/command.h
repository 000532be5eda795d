// SPDX-License-Identifier: Apache-2.0
// What a user may command while the loop runs, as values.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/loop/loop_options.h"
#include "tune/space/config.h"
#include "tune/trial/trial_id.h"

namespace manta {

/// Something for some trials: for all of them, or, when one does not fit, for none.
struct TrialCommand {
  enum class Action {
    kStop,     ///< Ends as stopped; what it is doing may end first.
    kKill,     ///< Its process ends at once; the trial has failed.
    kHold,     ///< Checkpointed and paused until kRelease; the scheduler cannot resume it.
    kRelease,  ///< A held one goes on: in a slot, or, if the scheduler had paused it, when that resumes it.
    kRetry,    ///< A failed one goes on as a new attempt, from its checkpoint; the scheduler judges it no more.
  };
  Action action = Action::kStop;
  std::vector<TrialId> trials;
  std::map<TrialId, Checkpoint> checkpoints = {};  ///< Of kRetry: the newest on disk, where there is one.
};

/// A trial that the searcher is not asked for, but told of. It is the first to get a slot, and no part of max_trials.
struct AddTrial {
  Config config;  ///< With a donor: what is to differ from the donor's.
  /// Go on from this trial's newest checkpoint; while it runs, from one that it is asked for.
  std::optional<TrialId> donor = {};
  std::optional<Checkpoint> checkpoint = {};  ///< Of a donor that has ended: the newest on disk.
};

/// Other limits from now on.
struct ChangeLimits {
  /// Of which concurrency, max_trials, time_budget, min_gain, limits, max_failures, retry_wait, checkpoint_every and
  /// grow_every count. A call under way keeps its limits.
  LoopOptions options;
  std::string spec;  ///< For SpecChanged.
};

/// Something to be remembered with the results.
struct AddNote {
  std::optional<TrialId> trial;  ///< None: about the experiment.
  std::string text;
};

using Command = std::variant<TrialCommand, AddTrial, ChangeLimits, AddNote>;

/// Told what was done, in a line for each trial, or why nothing was.
using CommandDone = std::function<void(Result<std::string> done)>;

}  // namespace manta
