// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/outcome.h"

#include "tune/cli/signal_watch.h"
#include "tune/cli/summary.h"

namespace manta {

namespace {

ExitCode exit_code_of_trials(TrialsView trials, const Objective& objective, double allow_failed) {
  if (best_trial(trials, objective) == nullptr) return kExitTrialsFailed;
  const TrialCounts counts = count_trials(trials);
  const auto feasible = static_cast<double>(counts.total() - counts.infeasible);
  return static_cast<double>(counts.failed) > allow_failed * feasible ? kExitTrialsFailed : kExitOk;
}

}  // namespace

TuneOutcome outcome_of(TrialsView trials, const PreparedExperiment& experiment, LoopEnd end, int signal) {
  TuneOutcome outcome;
  outcome.end = end;
  outcome.counts = count_trials(trials);
  outcome.exit_code = end == LoopEnd::kInterrupted && signal != 0
                          ? static_cast<ExitCode>(exit_code_of_signal(signal))
                          : exit_code_of_trials(trials, experiment.loop.objective, experiment.options.allow_failed);
  if (const TrialStatus* best = best_trial(trials, experiment.loop.objective)) {
    outcome.best = TuneOutcome::Best{best->id, best->config, *best->best_value};
  }
  return outcome;
}

}  // namespace manta
