// SPDX-License-Identifier: Apache-2.0
// manta explain: what stands out in an experiment, and what to do.
#include "tune/cli/experiment_document.h"
#include "tune/cli/explain.h"
#include "tune/cli/verb_help.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

constexpr int kWidth = 100;

Result<ExplainInput> gather(ExperimentView& view) {
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(spec.json, "the stored experiment", request));
  ExplainInput input{.label = {spec.name, spec.objective, view.directory(), spec.further},
                     .concurrency = request.tune.concurrency};
  MANTA_ASSIGN_OR_RETURN(input.space, parse_space(request.tune.space));
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
  for (const TrialRecord& trial : trials) input.trials.push_back(trial.status);
  MANTA_ASSIGN_OR_RETURN(input.attempts, view.attempts());
  MANTA_ASSIGN_OR_RETURN(input.elapsed_seconds, view.elapsed_seconds());
  MANTA_RETURN_IF_ERROR(
      view.for_each_report(std::nullopt, [&](const Report& report, WallTime) { input.reports.push_back(report); }));
  return input;
}

}  // namespace

Result<ExitCode> explain(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, open_experiment(words.value("EXP")));
  MANTA_ASSIGN_OR_RETURN(const ExplainInput input, gather(view));
  std::string text;
  for (const Finding& finding : manta::explain(input)) {
    text += (text.empty() ? "" : "\n") + wrapped(escape_control(finding.what) + ".", kWidth, "") +
            wrapped(escape_control(finding.advice), kWidth, "    ");
  }
  MANTA_RETURN_IF_ERROR(print(text.empty() ? "nothing stands out\n" : text));
  return kExitOk;
}

}  // namespace manta::verbs
