// SPDX-License-Identifier: Apache-2.0
// A trial's values by the names that people type.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tune/results/experiment_view.h"
#include "tune/space/value.h"

namespace manta::verbs {

/// The trials of one experiment, each with its named values: trial, state, cause, attempts, iterations, seconds, value,
/// best_value, then parameters, then metrics of the last report; where two have one name, in this order.
class TrialFields {
 public:
  TrialFields(std::vector<TrialRecord> trials, std::map<TrialId, Metrics> metrics);

  const std::vector<TrialRecord>& trials() const { return trials_; }
  /// Of the last report; empty if there was none.
  const Metrics& metrics_of(const TrialRecord& trial) const;
  std::optional<Value> find(const TrialRecord& trial, std::string_view name) const;

  /// Sorted.
  const std::vector<std::string>& parameter_names() const { return parameters_; }
  const std::vector<std::string>& metric_names() const { return metric_names_; }
  /// Errors: kInvalidArgument: no trial has a value of this name; suggests the nearest, lists all.
  Result<void> check_name(const std::string& name) const;

 private:
  std::vector<TrialRecord> trials_;
  std::map<TrialId, Metrics> metrics_;
  std::vector<std::string> parameters_;
  std::vector<std::string> metric_names_;
};

}  // namespace manta::verbs
