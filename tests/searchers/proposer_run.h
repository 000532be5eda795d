// SPDX-License-Identifier: Apache-2.0
// Runs a searcher on a function, for tests of what it finds.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "searchers/make_searcher.h"

namespace manta {

/// What a function makes of a configuration: none is a failure.
using Function = std::function<std::optional<double>(const Config&)>;

struct FunctionRun {
  std::vector<Config> configs;
  double best = std::numeric_limits<double>::infinity();
  int failures = 0;
};

/// `trials` trials one after the other, minimising.
inline FunctionRun run_on(const std::string& searcher, const Space& space, std::uint64_t seed, int trials,
                          const Function& function) {
  const std::unique_ptr<Searcher> made =
      make_searcher(searcher, {.space = &space, .seed = seed, .samples = trials}).value();
  FunctionRun run;
  for (int trial = 0; trial < trials; ++trial) {
    const Config config = *made->ask(TrialId{trial}).value();
    const std::optional<double> value = function(config);
    if (value) run.best = std::min(run.best, *value);
    if (!value) ++run.failures;
    made->tell({.trial = TrialId{trial},
                .config = config,
                .state = value ? TrialState::kCompleted : TrialState::kFailed,
                .iteration = 1,
                .value = value});
    run.configs.push_back(config);
  }
  return run;
}

/// The median over seeds 0 to 2 of the best value.
inline double median_best(const std::string& searcher, const Space& space, int trials, const Function& function) {
  std::vector<double> best;
  for (std::uint64_t seed = 0; seed < 3; ++seed) best.push_back(run_on(searcher, space, seed, trials, function).best);
  std::ranges::nth_element(best, best.begin() + 1);
  return best[1];
}

}  // namespace manta
