// SPDX-License-Identifier: Apache-2.0
// Options, checked and turned into parts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/cli/console_text.h"
#include "tune/cli/tune_options.h"
#include "tune/loop/loop_options.h"
#include "tune/scheduler.h"
#include "tune/searcher.h"
#include "tune/space/space.h"

namespace manta {

/// All that an experiment needs but its results and what runs its trials. Nothing has been started or written.
struct PreparedExperiment {
  TuneOptions options;           ///< Complete: with a name, a plugin by its absolute path.
  std::unique_ptr<Space> space;  ///< What searcher and loop refer to.
  std::string trainable;         ///< For resolve_trainable().
  std::unique_ptr<Searcher> searcher;
  std::unique_ptr<TrialScheduler> scheduler;
  LoopOptions loop;                ///< The concurrency is the options'; 0: not chosen yet.
  std::vector<std::string> notes;  ///< For the user, one line each.
  std::string warm_start_line;     ///< What the searcher was told of an earlier experiment; "" where nothing was.
};

/// Makes what `options` leave open definite: the plugin's absolute path, the name. Does not need them to be right.
TuneOptions complete_options(TuneOptions options);

/// Gives the loop the limits that may change while it runs, without concurrency and number of trials.
void take_limits(const TuneOptions& options, LoopOptions& loop);

/// Errors: kInvalidArgument, kNotFound: what is wrong with the options, the space, or the command's placeholders.
Result<PreparedExperiment> prepare_experiment(const TuneOptions& options);

/// Whether the scheduler can go on with other max_iterations than the `stored` ones that it began with. Before anything is
/// changed.
/// Errors: kInvalidArgument: it cannot; says what to do instead.
Result<void> check_iterations(const PreparedExperiment& experiment, const TuneOptions& stored);

/// runs/<name>-<UTC time>, with a number behind it if that is taken.
std::filesystem::path default_directory(const std::string& name, WallTime now);

}  // namespace manta
