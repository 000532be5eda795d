// SPDX-License-Identifier: Apache-2.0
// An experiment on any executor: what tune_run() does, with the runtime left out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "tune/cli/tune_run.h"
#include "tune/executor.h"

namespace manta {

/// What the executor of an experiment shall run, and with what.
struct ExecutorRequest {
  std::string trainable;  ///< For resolve_trainable().
  std::string space;      ///< JSON, for TrainableEntry::check_space.
  std::filesystem::path log_directory;
  double cpus_per_trial = 1;
  double gpus_per_trial = 0;
  std::uint64_t memory_per_trial = 0;
};

/// Also checks that the trainable is there and fits the space. Called before anything is written.
using ExecutorMaker = std::function<Result<std::unique_ptr<Executor>>(const ExecutorRequest& request)>;

/// As tune_run(), on the executor that `make_executor` makes.
Result<TuneOutcome> run_experiment(const TuneOptions& options, const TuneSettings& settings,
                                   const ExecutorMaker& make_executor);

}  // namespace manta
