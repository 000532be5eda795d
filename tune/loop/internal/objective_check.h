// SPDX-License-Identifier: Apache-2.0
// What a report says about the objective, and what to say when it is silent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tune/loop/loop_options.h"
#include "tune/trial/metrics.h"

namespace manta::internal {

/// Whether the scheduler is to judge a report with these metrics: the objective is there, and the option for values
/// that are not finite has not decided already. The same in a run and in a replay of it.
bool is_judged(const LoopOptions& options, const Metrics& metrics);

/// Whether one of the stop conditions holds.
bool meets_stop_condition(const LoopOptions& options, const Metrics& metrics);

/// `report lacks the objective's metric "x"; it has "a", "b"`.
std::string missing_objective(const std::string& metric, const Metrics& metrics);

/// The error for the first of `unseen` metrics that by now a report should have had, if there is one: after a trial
/// that is `complete`, or after so many `reports` of an attempt that it will not come. kInvalidArgument with those that
/// `metrics` has, and the most similar one.
std::optional<Error> unknown_metric(const LoopOptions& options, const std::vector<std::string>& unseen,
                                    const Metrics& metrics, std::int64_t reports, bool complete);

/// The same of a further goal's metric, once a trial has completed without a report of it; `metrics` is of a report.
std::optional<Error> unknown_goal(const LoopOptions& options, const std::vector<std::string>& unseen,
                                  const Metrics& metrics);

}  // namespace manta::internal
