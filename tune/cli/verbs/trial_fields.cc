// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/verbs/trial_fields.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/base/did_you_mean.h"
#include "core/base/escape_control.h"

namespace manta::verbs {

namespace {

constexpr std::array<std::string_view, 8> kBuiltIn{"trial",      "state",   "cause", "attempts",
                                                   "iterations", "seconds", "value", "best_value"};

std::optional<Value> optional_value(const std::optional<double>& number) {
  return number ? std::optional<Value>(*number) : std::nullopt;
}

}  // namespace

TrialFields::TrialFields(std::vector<TrialRecord> trials, std::map<TrialId, Metrics> metrics)
    : trials_(std::move(trials)), metrics_(std::move(metrics)) {
  std::set<std::string> parameters;
  for (const TrialRecord& trial : trials_) {
    for (const auto& [name, value] : trial.status.config.values()) parameters.insert(name);
  }
  std::set<std::string> names;
  for (const auto& [trial, values] : metrics_) {
    for (const auto& [name, value] : values) names.insert(name);
  }
  parameters_.assign(parameters.begin(), parameters.end());
  metric_names_.assign(names.begin(), names.end());
}

const Metrics& TrialFields::metrics_of(const TrialRecord& trial) const {
  static const Metrics kNone;
  const auto found = metrics_.find(trial.status.id);
  return found == metrics_.end() ? kNone : found->second;
}

std::optional<Value> TrialFields::find(const TrialRecord& trial, std::string_view name) const {
  const TrialStatus& status = trial.status;
  if (name == "trial") return status.id.number;
  if (name == "state") return std::string(to_string(status.state));
  if (name == "cause") return status.cause;
  if (name == "attempts") return std::int64_t{status.attempt};
  if (name == "iterations") return status.iteration;
  if (name == "seconds") return status.seconds;
  if (name == "value") return optional_value(status.value);
  if (name == "best_value") return optional_value(status.best_value);
  const auto parameter = status.config.values().find(std::string(name));
  if (parameter != status.config.values().end()) return parameter->second;
  return optional_value(metrics_of(trial).find(name));
}

Result<void> TrialFields::check_name(const std::string& name) const {
  std::vector<std::string> known(kBuiltIn.begin(), kBuiltIn.end());
  known.insert(known.end(), parameters_.begin(), parameters_.end());
  known.insert(known.end(), metric_names_.begin(), metric_names_.end());
  if (std::ranges::find(known, name) != known.end()) return {};
  std::string all;
  for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
  return Error{ErrorCode::kInvalidArgument,
               escape_control("no trial has a \"" + name + "\"" + did_you_mean(name, known) + "; there are " + all)};
}

}  // namespace manta::verbs
