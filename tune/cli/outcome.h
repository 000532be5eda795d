// SPDX-License-Identifier: Apache-2.0
// What became of an experiment, as a value.
#pragma once

#include "tune/cli/prepared_experiment.h"
#include "tune/cli/tune_run.h"

namespace manta {

/// `signal`: the one that interrupted it, or 0. The directory is left empty.
TuneOutcome outcome_of(TrialsView trials, const PreparedExperiment& experiment, LoopEnd end, int signal);

}  // namespace manta
