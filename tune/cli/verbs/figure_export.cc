// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verbs/figure_export.h"

#include <utility>

#include "tune/cli/experiment_document.h"
#include "tune/cli/recorded_population.h"

namespace manta::verbs {

Result<figure::FigureInput> gather_figure(ExperimentView& view) {
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(spec.json, "the stored experiment", request));
  figure::FigureInput input;
  input.name = spec.name;
  input.scheduler = request.tune.scheduler;
  input.objective = spec.objective;
  MANTA_ASSIGN_OR_RETURN(input.space, parse_space(request.tune.space));
  if (is_population(input.scheduler)) {
    MANTA_ASSIGN_OR_RETURN(const Snapshot snapshot, population_snapshot(view.directory()));
    MANTA_ASSIGN_OR_RETURN(input.population, PbtHistory::from_snapshot(snapshot));
  }
  MANTA_ASSIGN_OR_RETURN(std::vector<TrialRecord> trials, view.trials());
  for (TrialRecord& trial : trials) input.trials.push_back(std::move(trial.status));
  MANTA_RETURN_IF_ERROR(view.for_each_report(std::nullopt, [&](const Report& report, WallTime) {
    const std::optional<double> value = report.metrics.find(spec.objective.metric);
    if (value) input.observations.push_back({report.trial, report.attempt, report.iteration, *value});
  }));
  return input;
}

}  // namespace manta::verbs
