// SPDX-License-Identifier: Apache-2.0
// What every scheduler says about a report without the objective's metric.
#pragma once

#include "core/base/error.h"
#include "tune/trial/objective.h"
#include "tune/trial/trial_status.h"

namespace manta::internal {

inline Error missing_metric(const Report& report, const Objective& objective) {
  std::string message = "report " + std::to_string(report.iteration) + " of trial " + to_string(report.trial) +
                        " lacks the objective's metric \"" + objective.metric + "\"; it has";
  if (report.metrics.empty()) message += " no metrics";
  for (const auto& [name, value] : report.metrics) message += " \"" + name + "\"";
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace manta::internal
