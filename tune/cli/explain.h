// SPDX-License-Identifier: Apache-2.0
// What stands out in an experiment, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tune/cli/console_text.h"
#include "tune/results/experiment_view.h"
#include "tune/space/space.h"

namespace manta {

struct Finding {
  std::string what;    ///< A sentence.
  std::string advice;  ///< What to do; a sentence.
};

/// All that is known of an experiment.
struct ExplainInput {
  ExperimentLabel label;
  Space space;
  std::vector<TrialStatus> trials;  ///< By number.
  std::vector<AttemptRecord> attempts;
  std::vector<Report> reports;  ///< In the order of arrival.
  double elapsed_seconds = 0;   ///< Of all runs together.
  int concurrency = 0;          ///< As asked for; 0: as many as there was room for.
};

/// The gravest first; empty: nothing stands out. Each is found by a rule that explain.cc states, on as few trials as it
/// makes sense on: no finding does not mean that all is well.
std::vector<Finding> explain(const ExplainInput& input);

}  // namespace manta
