// SPDX-License-Identifier: Apache-2.0
// Recorded learning curves, on which searchers and schedulers can be judged together.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "tune/loop/recorded_trials.h"
#include "tune/space/space.h"

namespace manta::quality {

/// One table: 1,000 configurations with all their iterations, whose metric is "loss".
struct CurveTask {
  std::string name;
  Space space;
  std::vector<RecordedTrial> trials;
  double best = 0;         ///< Of all values.
  double median = 0;       ///< Of those at the ends; one that is not finite is worse than any other.
  double full_seconds = 0;  ///< Median time of a whole trial.

  /// 0: the best of all; 1: no better than half of all configurations become.
  double regret(double loss) const;
};

/// The six tasks of TaskSet (a second for each of 50 iterations), then the two pools of the LCBench surrogate (52
/// epochs, in its seconds; loss is 100 less the accuracy), from the folders taskset/ and lcbench_surrogate/ of `folder`.
/// Errors: kNotFound: a file is missing; kInvalidArgument: it cannot be read.
Result<std::vector<CurveTask>> load_curve_tasks(const std::string& folder);

}  // namespace manta::quality
