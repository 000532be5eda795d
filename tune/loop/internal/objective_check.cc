// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/objective_check.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "core/base/did_you_mean.h"

namespace manta::internal {

namespace {

// A command may print other lines first, and a class may evaluate only now and then: so many reports of an attempt may
// lack the metric before it is taken for a wrong name. A stop condition may be about something rare.
constexpr std::int64_t kObjectivePatience = 10;
constexpr std::int64_t kStopPatience = 1000;

constexpr std::string_view kFurtherObjective = "further objective";
constexpr std::string_view kConstraint = "constraint";

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string names_of(const Metrics& metrics) {
  std::string names;
  for (const auto& [name, value] : metrics) names += (names.empty() ? "" : ", ") + in_quotes(name);
  return names.empty() ? "no metrics at all" : names;
}

// What the experiment wants of `metric`.
std::string_view role_of(const std::string& metric, const LoopOptions& options) {
  if (metric == options.objective.metric) return "objective";
  const FurtherGoals& further = options.further;
  if (std::ranges::find(further.objectives, metric, &Objective::metric) != further.objectives.end())
    return kFurtherObjective;
  if (std::ranges::find(further.constraints, metric, &MetricCondition::metric) != further.constraints.end())
    return kConstraint;
  return "stop condition";
}

Error unknown(const std::string& metric, const LoopOptions& options, const Metrics& metrics) {
  std::vector<std::string> reported;
  for (const auto& [name, value] : metrics) reported.push_back(name);
  return {ErrorCode::kInvalidArgument, "no report has the " + std::string(role_of(metric, options)) + "'s metric " +
                                           in_quotes(metric) + "; reported is " + names_of(metrics) +
                                           did_you_mean(metric, reported)};
}

}  // namespace

bool is_judged(const LoopOptions& options, const Metrics& metrics) {
  const std::optional<double> value = metrics.find(options.objective.metric);
  return value && (std::isfinite(*value) || options.non_finite == NonFinite::kContinue);
}

bool meets_stop_condition(const LoopOptions& options, const Metrics& metrics) {
  return std::any_of(options.stop.begin(), options.stop.end(),
                     [&metrics](const StopCondition& condition) { return condition.holds(metrics); });
}

std::string missing_objective(const std::string& metric, const Metrics& metrics) {
  return "the report lacks the objective's metric " + in_quotes(metric) + "; it has " + names_of(metrics);
}

std::optional<Error> unknown_metric(const LoopOptions& options, const std::vector<std::string>& unseen,
                                    const Metrics& metrics, std::int64_t reports, bool complete) {
  for (const std::string& metric : unseen) {
    const bool is_objective = metric == options.objective.metric;
    // One condition was enough to complete it; the others' metrics may come with another trial.
    if (!is_objective && meets_stop_condition(options, metrics)) continue;
    if (!complete && reports < (is_objective ? kObjectivePatience : kStopPatience)) continue;
    return unknown(metric, options, metrics);
  }
  return std::nullopt;
}

std::optional<Error> unknown_goal(const LoopOptions& options, const std::vector<std::string>& unseen,
                                  const Metrics& metrics) {
  for (const std::string& metric : unseen) {
    const std::string_view role = role_of(metric, options);
    if (role == kFurtherObjective || role == kConstraint) return unknown(metric, options, metrics);
  }
  return std::nullopt;
}

}  // namespace manta::internal
