// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/recorded_population.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/cli/choose_searcher.h"
#include "tune/cli/experiment_document.h"
#include "tune/cli/goals.h"
#include "tune/loop/loop_options.h"
#include "tune/loop/replay.h"
#include "tune/results/experiment_view.h"
#include "tune/results/result_store.h"

namespace manta {

namespace {

// How many trials the scheduler was told there would be.
std::int64_t size_of_population(const TuneOptions& options, const Space& space) {
  const auto searcher = make_searcher(options.searcher, searcher_setup(options, space));  // Of no program or plugin.
  return searcher ? (*searcher)->size().value_or(options.samples) : options.samples;
}

Result<Snapshot> replayed(const TuneOptions& options, StoredExperiment stored) {
  MANTA_ASSIGN_OR_RETURN(const Goals goals, goals_of(options));
  MANTA_ASSIGN_OR_RETURN(const Space space, parse_space(options.space));
  MANTA_ASSIGN_OR_RETURN(const std::unique_ptr<TrialScheduler> scheduler,
                         make_scheduler(options.scheduler, {.objective = goals.objective,
                                                            .max_iterations = options.max_iterations,
                                                            .space = &space,
                                                            .max_trials = size_of_population(options, space),
                                                            .seed = options.seed,
                                                            .read_snapshot = {}}));
  // Asked and told as the real one was; nobody looks at what it says.
  MANTA_ASSIGN_OR_RETURN(const std::unique_ptr<Searcher> searcher,
                         make_searcher("random", searcher_setup(options, space)));
  LoopOptions loop;
  loop.objective = goals.objective;
  loop.further = goals.further;
  loop.non_finite = options.non_finite;
  for (TrialStatus& trial : stored.state.trials) {  // As they were before the first change.
    trial.iteration = 0;
    trial.seconds = 0;
    trial.value.reset();
    trial.best_value.reset();
  }
  MANTA_RETURN_IF_ERROR(replay(stored.changes, loop, *searcher, *scheduler, stored.state));
  return scheduler->save();
}

}  // namespace

bool is_population(std::string_view scheduler) {
  scheduler.remove_prefix(std::min(scheduler.find_first_not_of(' '), scheduler.size()));
  const std::string_view name = scheduler.substr(0, scheduler.find_first_of(": +"));
  return name == "pbt" || name == "pbt-sync" || name == "pb2";
}

Result<Snapshot> population_snapshot(const std::filesystem::path& directory) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(spec.json, directory.string(), request));
  const TuneOptions& options = request.tune;
  if (!is_population(options.scheduler)) {
    return Error{ErrorCode::kInvalidArgument, directory.string() + " ran with the scheduler \"" + options.scheduler +
                                                  "\": only pbt, pbt-sync and pb2 leave a schedule"};
  }
  MANTA_ASSIGN_OR_RETURN(std::optional<Snapshot> newest, view.scheduler_snapshot());
  if (newest) return *std::move(newest);
  MANTA_ASSIGN_OR_RETURN(ResultStore store, ResultStore::open_read_only(directory));
  MANTA_ASSIGN_OR_RETURN(StoredExperiment stored, store.load());
  return replayed(options, std::move(stored));
}

}  // namespace manta
