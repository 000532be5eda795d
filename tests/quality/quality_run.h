// SPDX-License-Identifier: Apache-2.0
// One run of a searcher on a task, by the protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/quality/quality_task.h"
#include "tune/searcher.h"

namespace manta::quality {

struct RunOptions {
  std::vector<std::int64_t> checkpoints{10, 25, 50, 100};  ///< Rising; the last is the number of trials.
  int workers = 1;  ///< Trials in flight. With more than one, a trial lasts 0.5 to 1.5 units, drawn.
  std::uint64_t seed = 0;
  /// What is best is the configuration whose mean and one standard error are least, as where trials are repeated; else
  /// the one with the best told value.
  bool averages = false;
  std::vector<double> times = {};  ///< Rising, in seconds: further checkpoints, with one worker. The run goes on to the last.
};

struct RunResult {
  std::vector<Judgement> at;  ///< One per checkpoint: of the configuration with the best told value so far.
  std::vector<double> seconds;     ///< Passed at each checkpoint, with one worker.
  std::vector<Judgement> at_times; ///< One for each of RunOptions::times.
  std::int64_t rejections = 0;  ///< Suggestions that broke the task's constraints.
  std::int64_t unique = 0;      ///< Different configurations among the trials.
  double ask_seconds = 0;       ///< Wall time in ask() and tell().
};

/// Runs `searcher` until the last checkpoint. What breaks the task's constraints is told as infeasible and redrawn at no
/// charge, but at most 2,000 times in a row: then the trial is charged as failed. A trial that fails is charged.
RunResult run_task(const QualityTask& task, Searcher& searcher, const RunOptions& options);

}  // namespace manta::quality
