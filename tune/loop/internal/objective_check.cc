// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/objective_check.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "core/base/did_you_mean.h"

namespace manta::internal {

namespace {

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string names_of(const Metrics& metrics) {
  std::string names;
  for (const auto& [name, value] : metrics) names += (names.empty() ? "" : ", ") + in_quotes(name);
  return names.empty() ? "no metrics at all" : names;
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

Error unknown_objective(const std::string& metric, const Metrics& metrics) {
  std::vector<std::string> reported;
  for (const auto& [name, value] : metrics) reported.push_back(name);
  return {ErrorCode::kInvalidArgument, "no report has the objective's metric " + in_quotes(metric) + "; reported is " +
                                           names_of(metrics) + did_you_mean(metric, reported)};
}

}  // namespace manta::internal
