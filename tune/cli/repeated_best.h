// SPDX-License-Identifier: Apache-2.0
// The best configuration where some were tried several times.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tune/trial/objective.h"
#include "tune/trial/repeated_value.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// A configuration and all of its trials that ended with a finite value, at the furthest iteration that one of them
/// reached.
struct RepeatedBest {
  std::vector<std::size_t> places;  ///< In the view.
  RepeatedValue value;              ///< In the metric's own units.
  double error = 0;                 ///< Of the mean.
};

/// The one whose mean and one standard error together are best, among all configurations; single values count with the
/// deviation that repeats show. None: no configuration has several values.
std::optional<RepeatedBest> best_of_repeated(TrialsView trials, const Objective& objective);

/// "0.31 ± 0.02, the mean of trials 3, 8 and 12".
std::string text_of(const RepeatedBest& best, TrialsView trials);

}  // namespace manta
