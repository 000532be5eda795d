// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/simulate.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <utility>

#include "core/base/escape_control.h"
#include "tune/cli/console_text.h"
#include "tune/cli/goals.h"
#include "tune/cli/outcome.h"
#include "tune/cli/prepared_experiment.h"
#include "tune/cli/recorded_source.h"
#include "tune/cli/summary.h"
#include "tune/cli/terminal.h"
#include "tune/loop/recorded_trials.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta {

namespace {

constexpr const char* kRecordedSearcher = "recorded";

bool uses_recorded(const TuneOptions& options) {
  return options.searcher.empty() || options.searcher == kRecordedSearcher;
}

Result<void> check(const TuneOptions& options, const std::vector<RecordedTrial>& trials) {
  if (!options.out.empty() || options.resume) {
    return Error{ErrorCode::kInvalidArgument, "a simulation writes nothing: leave out --out and --resume"};
  }
  if (!options.command.empty() || !options.trainable.empty()) {
    return Error{ErrorCode::kInvalidArgument, "a simulation runs recorded trials: leave out --trainable and --command"};
  }
  if (options.warm_start && uses_recorded(options)) {
    return Error{ErrorCode::kInvalidArgument, "--warm-start: name a --searcher that learns, in place of the recording"};
  }
  if (!trials.empty()) return {};
  return Error{ErrorCode::kInvalidArgument, options.simulate->string() + " has no trial that has reported"};
}

// The best value that any recorded trial has reported up to its `iterations`th iteration.
const RecordedTrial* best_recorded(const std::vector<RecordedTrial>& trials, const LoopOptions& loop,
                                   std::int64_t iterations, double& value) {
  const Objective& objective = loop.objective;
  const RecordedTrial* best = nullptr;
  for (const RecordedTrial& trial : trials) {
    if (trial.end == RecordedTrial::End::kInfeasible) continue;
    for (std::size_t index = 0; index < trial.iterations.size(); ++index) {
      if (static_cast<std::int64_t>(index) >= iterations) break;
      const Metrics& metrics = trial.iterations[index].metrics;
      const std::optional<double> reported = metrics.find(objective.metric);
      if (!reported || !std::isfinite(*reported) || !loop.further.are_kept(metrics)) continue;
      if (best != nullptr && objective.score(*reported) <= objective.score(value)) continue;
      best = &trial;
      value = *reported;
    }
  }
  return best;
}

// What it cost, and how it compares to running all of the table.
std::string comparison_text(const RecordedTrials& recorded, const LoopOptions& loop, std::int64_t reports,
                            double virtual_seconds) {
  const std::int64_t most = loop.max_iterations.value_or(std::numeric_limits<std::int64_t>::max());
  std::int64_t all = 0;
  double all_seconds = 0;
  for (const RecordedTrial& trial : recorded.trials()) {
    const auto count = std::min(most, static_cast<std::int64_t>(trial.iterations.size()));
    all += count;
    for (std::int64_t index = 0; index < count; ++index) {
      all_seconds += trial.iterations[static_cast<std::size_t>(index)].seconds;
    }
  }
  std::string text = "simulated: " + count_text(loop.concurrency, "worker") + ", " + duration_text(virtual_seconds) +
                     ", " + count_text(reports, "report") + "\n" +
                     "recorded: " + count_text(static_cast<std::int64_t>(recorded.trials().size()), "trial") + ", " +
                     duration_text(all_seconds) + " one after the other, " + count_text(all, "report");
  double value = 0;
  if (best_recorded(recorded.trials(), loop, most, value) != nullptr) {
    text += ", best " + escape_control(loop.objective.metric) + ": " + to_json(Value(value));
  }
  return text + "\n";
}

void print_notes(const RecordedTrials& recorded) {
  if (recorded.approximated() > 0) {
    const long long attempts = recorded.approximated() + recorded.exact();
    std::fprintf(stderr, "note: %lld of %lld attempts ran the nearest recorded trial: none has their configuration\n",
                 static_cast<long long>(recorded.approximated()), attempts);
  }
  if (recorded.ran_out() > 0) {
    std::fprintf(stderr,
                 "note: %lld times a trial came to the end of a recording that had been cut, and counts as completed\n",
                 static_cast<long long>(recorded.ran_out()));
  }
}

}  // namespace

Result<TuneOutcome> simulate(const TuneOptions& options, const TuneSettings& settings) {
  MANTA_ASSIGN_OR_RETURN(const Goals goals, goals_of(options));
  MANTA_ASSIGN_OR_RETURN(std::vector<RecordedTrial> trials,
                         read_recorded_trials(*options.simulate, goals.objective.metric));
  MANTA_RETURN_IF_ERROR(check(options, trials));
  TuneOptions asked = options;
  if (uses_recorded(options)) {
    asked.searcher = "random";  // In its place until it is there; schedulers ask how many trials there will be.
    asked.samples = std::min(options.samples, static_cast<std::int64_t>(trials.size()));
  }
  MANTA_ASSIGN_OR_RETURN(PreparedExperiment experiment, prepare_experiment(asked));
  LoopOptions& loop_options = experiment.loop;
  loop_options.concurrency = std::max(1, options.concurrency);
  if (uses_recorded(options)) {
    experiment.searcher = std::make_unique<RecordedSearcher>(trials, options.seed);
    loop_options.max_trials = asked.samples;
    loop_options.space = nullptr;  // What was recorded may lie outside of it.
  }
  RecordedTrials recorded(std::move(trials), *experiment.space);
  const std::unique_ptr<SimulatedExecutor> executor = recorded.executor(loop_options.concurrency);
  ForgetfulSink sink;
  CountingObserver observer;
  UnsavedScheduler scheduler(*experiment.scheduler);
  TuneLoop loop(loop_options, {*experiment.searcher, scheduler, *executor, sink, observer});
  MANTA_ASSIGN_OR_RETURN(const LoopEnd end, loop.run());

  TuneOutcome outcome = outcome_of(loop.trials(), experiment, end, /*signal=*/0);
  if (settings.print_summary) {
    const TextStyle style = choose_style(gather_terminal_facts(STDOUT_FILENO), settings.console.color);
    const double seconds = to_seconds(executor->clock().now().time_since_epoch());
    const ExperimentLabel label{experiment.options.name, loop_options.objective, {}, loop_options.further,
                                experiment.options.repeat > 1};
    const std::string text = summary_text(loop.trials(), label, style) +
                             comparison_text(recorded, loop_options, observer.reports, seconds);
    std::fputs(text.c_str(), stdout);
  }
  print_notes(recorded);
  return outcome;
}

}  // namespace manta
