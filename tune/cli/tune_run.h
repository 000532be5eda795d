// SPDX-License-Identifier: Apache-2.0
// One whole experiment: from its options to its end.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "tune/cli/console_text.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/run_request.h"
#include "tune/cli/tune_options.h"
#include "tune/loop/tune_loop.h"
#include "tune/space/config.h"

namespace manta {

/// How tune_run() behaves in the process that it runs in.
struct TuneSettings {
  ConsoleOptions console;
  bool print_summary = true;  ///< On standard output, at the end.
  /// Ctrl-C, SIGTERM and SIGHUP checkpoint the running trials and end the run; a second one ends the process at once.
  bool handle_signals = true;
  std::string program = "tune_run";  ///< What the user types, for the resume command.
};

/// What became of an experiment.
struct TuneOutcome {
  struct Best {
    TrialId trial;
    Config config;
    double value = 0;
  };

  ExitCode exit_code = kExitOk;  ///< kExitOk, kExitTrialsFailed, kExitInterrupted or kExitTerminated.
  LoopEnd end = LoopEnd::kFinished;
  std::optional<Best> best;  ///< The trial with the best finite value.
  TrialCounts counts;
  std::filesystem::path directory;
};

/// Runs the experiment that `options` ask for, or goes on with that in `options.resume`. Blocks until it has ended.
/// Needs the runtime: call manta::init() first. One at a time in a process.
///
/// With `simulate`, it runs recorded trials in virtual time instead, and writes nothing.
/// With `resume`, an empty name, metric or space is the stored one, and only what the option table calls a limit or a
/// resource may differ from what is stored.
/// Errors: kInvalidArgument: an option, the space, a trainable that does not fit, a metric that no report has, a
/// resumed experiment that was asked to change. kNotFound: trainable, plugin or directory. kAlreadyExists: `out` has an
/// experiment, or another process runs it. kIncompatible: a plugin built with another version. kExhausted: more CPUs or
/// GPUs than there are. kFailedPrecondition: no runtime; a directory that is not writable. kStorage: results cannot be
/// kept; what is on disk is safe, and resume goes on from it.
Result<TuneOutcome> tune_run(const TuneOptions& options, const TuneSettings& settings = {});

/// The options of the experiment in `directory`, to change some and resume it.
/// Errors: kNotFound: no experiment there; kIncompatible, kStorage: not readable.
Result<TuneOptions> stored_options(const std::filesystem::path& directory);

}  // namespace manta
