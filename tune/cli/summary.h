// SPDX-License-Identifier: Apache-2.0
// What the program says when an experiment is over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tune/cli/console_text.h"
#include "tune/cli/terminal.h"
#include "tune/space/space.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// The trial with the best finite objective value, or none; of equals, the first.
const TrialStatus* best_trial(TrialsView trials, const Objective& objective);

/// A table of the trials, best first and at most ten rows, the counts by state, the best configuration as JSON to
/// paste, and, if there is a directory, where the results are and the command to look at them.
/// `front`: text about the Pareto front, where there are several metrics.
std::string summary_text(TrialsView trials, const ExperimentLabel& label, const TextStyle& style,
                         const std::string& front = "");

/// What the user should know about these results: the best value lies on a bound of the space, trials failed (the first
/// one's cause and log). One line each.
std::vector<std::string> warnings(TrialsView trials, const Space& space, const ExperimentLabel& label);

/// Where the best configuration lies on a bound of the space: "lr=0.1 (upper)".
std::vector<std::string> best_at_bound(TrialsView trials, const Space& space, const Objective& objective);

/// "program --resume 'dir with space'", to paste into a shell.
std::string resume_command(const std::string& program, const std::filesystem::path& directory);

}  // namespace manta
