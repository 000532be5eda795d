// SPDX-License-Identifier: Apache-2.0
// What the verbs of the program manta do; verb_table.cc says when.
#pragma once

#include "core/base/result.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/verb_table.h"

namespace manta::verbs {

// All print to standard output. Errors: kNotFound: no experiment or trial there; kInvalidArgument: a word; kSystem:
// standard output is gone; and those of ExperimentView.

Result<ExitCode> status(const VerbWords& words);
Result<ExitCode> completion(const VerbWords& words);
Result<ExitCode> list(const VerbWords& words);
Result<ExitCode> show(const VerbWords& words);
Result<ExitCode> trials(const VerbWords& words);
Result<ExitCode> best(const VerbWords& words);
Result<ExitCode> export_experiment(const VerbWords& words);
Result<ExitCode> logs(const VerbWords& words);
Result<ExitCode> explain(const VerbWords& words);
/// Errors, besides: kFailedPrecondition: too few trials to conclude anything.
Result<ExitCode> importance(const VerbWords& words);
/// Errors, besides: kFailedPrecondition: somebody runs the experiment; kStorage: a file that stays.
Result<ExitCode> remove(const VerbWords& words);

// These change an experiment, through the process that runs it or, when nobody does, in its file. Errors, besides:
// those of TuneLoop::post() and command_file(); kCancelled: the process ended before it answered.

Result<ExitCode> stop(const VerbWords& words);
Result<ExitCode> kill(const VerbWords& words);
Result<ExitCode> pause(const VerbWords& words);
Result<ExitCode> resume(const VerbWords& words);
Result<ExitCode> retry(const VerbWords& words);
Result<ExitCode> clone(const VerbWords& words);
Result<ExitCode> add_trial(const VerbWords& words);
Result<ExitCode> set(const VerbWords& words);
Result<ExitCode> note(const VerbWords& words);

}  // namespace manta::verbs
