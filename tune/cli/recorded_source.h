// SPDX-License-Identifier: Apache-2.0
// What --simulate names, read: an experiment or a table of curves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/loop/recorded_trials.h"

namespace manta {

/// The recorded trials in `path`: an experiment's directory or its experiment.db, else a CSV file as CurveTable reads
/// it, whose columns are values of `metric`, one second apart. Of an experiment, trials that never reported and did not
/// fail are left out, and where attempts overlap the newest report of an iteration counts.
/// Errors: kNotFound: no such file or experiment; kInvalidArgument: the CSV; kIncompatible, kStorage: the database.
Result<std::vector<RecordedTrial>> read_recorded_trials(const std::filesystem::path& path, const std::string& metric);

/// The options that a simulation of `path` has unless others are asked for. Of an experiment its own, without what only
/// a real run has; of a table a space that its columns span: text becomes a choice, integers and numbers a range, on a
/// logarithmic scale if all are positive and it spans three powers of ten. Samples are all recorded trials,
/// max_iterations the longest curve where the experiment has none.
/// Errors: as of read_recorded_trials().
Result<TuneOptions> recorded_options(const std::filesystem::path& path);

}  // namespace manta
