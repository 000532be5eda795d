// SPDX-License-Identifier: Apache-2.0
// What an earlier experiment teaches the searcher of a new one.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/goals.h"
#include "tune/searcher.h"
#include "tune/space/space.h"
#include "tune/trial/metrics.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// Trials that mean the same in the new experiment.
struct WarmStart {
  std::vector<TrialStatus> trials;  ///< By number.
  /// "warm start from runs/a: 31 of 40 trials; left out are 5 without a finite value, 4 outside of the space (trial 7:
  /// lr: …)".
  std::string line;
  std::map<TrialId, Metrics> metrics = {};  ///< Of the trials that reported; what further goals go by.
};

/// Of the experiment at `source`, a directory or its experiment.db, the trials that have ended with a finite value or
/// as infeasible, and whose configuration is one of `space`: the same parameters, values inside of their domains, and
/// constraints kept.
/// Errors: kInvalidArgument: another (first) metric or mode; kNotFound: no experiment there; those of ExperimentView.
Result<WarmStart> read_warm_start(const std::filesystem::path& source, const Space& space, const Goals& goals);

/// The same of `trials`, for tests of the choice alone; `source` is for the line.
WarmStart choose_warm_trials(std::vector<TrialStatus> trials, const std::string& source, const Space& space);

/// Tells all of them, under numbers from kFirstNumberOfBefore on.
void tell_warm_start(const WarmStart& warm, Searcher& searcher);

}  // namespace manta
