// SPDX-License-Identifier: Apache-2.0
// What an experiment's directory holds, as values.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tune/loop/results_sink.h"
#include "tune/loop/tune_loop.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"

namespace manta {

/// What is asked for; only limits change while the experiment lasts.
struct ExperimentSpec {
  std::string name;
  Objective objective;  ///< What best_trials ranks by.
  std::string json;     ///< The whole request, as the command line layer wrote it.
  WallTime created;
  FurtherGoals further = {};  ///< With the objective, what pareto_front goes by.
};

/// All that a resumed run needs.
struct StoredExperiment {
  ExperimentSpec spec;
  std::string manta_version;  ///< Of the program that made the experiment.
  LoopState state;            ///< Without orders: replay() finds them.
  /// What replay() needs: the newest SnapshotsSaved, if there is one, before it the newest TrialChanged of each trial
  /// that had not ended, and after it, in their order, every TrialChanged and Reported. A TrialChanged has the fields
  /// that replay uses: seconds, best_value and cause are not filled in.
  std::vector<Change> changes;
  /// Of a deterministic run: all, in their order.
  std::vector<EventHandled> events;
  double elapsed_seconds = 0;  ///< Of all runs together, from opening to their last commit.
  /// What could not be read and what is used instead, as sentences: damaged checkpoints.
  std::vector<std::string> warnings;
};

}  // namespace manta
