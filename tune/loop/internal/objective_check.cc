// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/objective_check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace manta::internal {

namespace {

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string names_of(const Metrics& metrics) {
  std::string names;
  for (const auto& [name, value] : metrics) names += (names.empty() ? "" : ", ") + in_quotes(name);
  return names.empty() ? "no metrics at all" : names;
}

// How many letters must be put in, taken out or replaced to make `b` of `a` (Levenshtein 1966), row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

// The reported name that `metric` is most likely a slip of: at most a third of its letters differ.
std::optional<std::string> nearest_name(const std::string& metric, const Metrics& metrics) {
  std::optional<std::string> nearest;
  std::size_t limit = std::max<std::size_t>(1, metric.size() / 3) + 1;
  for (const auto& [name, value] : metrics) {
    const std::size_t distance = edit_distance(metric, name);
    if (distance >= limit) continue;
    limit = distance;
    nearest = name;
  }
  return nearest;
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
  std::string message =
      "no report has the objective's metric " + in_quotes(metric) + "; reported is " + names_of(metrics);
  if (const auto nearest = nearest_name(metric, metrics)) message += "; did you mean " + in_quotes(*nearest) + "?";
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace manta::internal
