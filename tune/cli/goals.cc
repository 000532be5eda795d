// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/goals.h"

#include <string>
#include <utility>
#include <vector>

#include "tune/results/schema.h"

namespace manta {

Result<Goals> goals_of(const TuneOptions& options) {
  if (options.metric.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no metric: say with --metric which number of the reports to optimise"};
  }
  MANTA_ASSIGN_OR_RETURN(std::vector<Objective> objectives, parse_objectives(options.metric, options.mode));
  if (objectives.size() > kMostObjectives) {
    return Error{ErrorCode::kInvalidArgument, "--metric names " + std::to_string(objectives.size()) +
                                                  " metrics; there can be " + std::to_string(kMostObjectives)};
  }
  Goals goals{.objective = objectives.front(), .further = {}};
  goals.further.objectives.assign(objectives.begin() + 1, objectives.end());
  for (const std::string& text : options.metric_constraint) {
    MANTA_ASSIGN_OR_RETURN(MetricCondition constraint, MetricCondition::parse(text));
    goals.further.constraints.push_back(std::move(constraint));
  }
  return goals;
}

}  // namespace manta
