// SPDX-License-Identifier: Apache-2.0
// What an experiment wants beside its objective.
#pragma once

#include <algorithm>
#include <vector>

#include "tune/trial/metric_condition.h"
#include "tune/trial/metrics.h"
#include "tune/trial/objective.h"

namespace manta {

/// Further objectives, of which none comes before another, and constraints on metrics. What a trial has of them is what
/// its last report with the (first) objective says.
///
/// Thread-safety: as a value.
struct FurtherGoals {
  std::vector<Objective> objectives;  ///< Without the first.
  std::vector<MetricCondition> constraints;

  bool empty() const { return objectives.empty() && constraints.empty(); }
  /// Whether a report with these metrics keeps all constraints; one that lacks the metric of one does not.
  bool are_kept(const Metrics& metrics) const {
    return std::ranges::all_of(constraints, [&](const MetricCondition& each) { return each.holds(metrics); });
  }

  friend bool operator==(const FurtherGoals&, const FurtherGoals&) = default;
};

}  // namespace manta
