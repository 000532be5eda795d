// SPDX-License-Identifier: Apache-2.0
// An experiment in virtual time: what another searcher and scheduler would have made of trials that have run already.
#pragma once

#include "core/base/result.h"
#include "tune/cli/tune_run.h"

namespace manta {

/// Runs the experiment that `options` ask for on the trials recorded in `options.simulate`, with as many simulated
/// workers as `concurrency` says (0: one), and prints the summary with a comparison to the recording. Nothing is
/// written. The searcher "" or "recorded" suggests the recorded configurations.
/// Errors: as of read_recorded_trials(); kInvalidArgument: an option, or the table has no trial.
Result<TuneOutcome> simulate(const TuneOptions& options, const TuneSettings& settings);

}  // namespace manta
