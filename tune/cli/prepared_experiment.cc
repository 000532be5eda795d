// SPDX-License-Identifier: Apache-2.0
// Every check that needs neither a process nor a disk.
#include "tune/cli/prepared_experiment.h"

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

#include "integrations/command/command_template.h"
#include "integrations/command/command_trainable.h"
#include "integrations/external_searcher/external_searcher.h"
#include "integrations/plugin/load_plugin.h"
#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/cli/choose_searcher.h"
#include "tune/cli/goals.h"
#include "tune/cli/recorded_population.h"
#include "tune/cli/space_report.h"
#include "tune/cli/warm_start.h"
#include "tune/trainable.h"

namespace manta {

namespace {

// The name of what is tuned: of the class, the library, or the command's first word.
std::string name_of_trainable(const TuneOptions& options) {
  if (!options.command.empty()) {
    const std::string first = options.command.substr(0, options.command.find_first_of(" \t\n"));
    return std::filesystem::path(first).filename().string();
  }
  if (const auto plugin = PluginReference::parse(options.trainable)) {
    return plugin->name.empty() ? plugin->path.stem().string() : plugin->name;
  }
  const std::vector<TrainableEntry>& own = registered_trainables();
  return options.trainable.empty() && own.size() == 1 ? own.front().name : options.trainable;
}

// `name` as a part of a path.
std::string file_name_of(const std::string& name) {
  std::string file = name;
  std::ranges::replace_if(
      file,
      [](char c) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        return !alphanumeric && c != '-' && c != '_' && c != '.';
      },
      '_');
  return file.empty() || file.front() == '.' ? "experiment" + file : file;
}

// A plugin's reference with the absolute path: a resumed experiment may be started from another directory.
std::string with_absolute_path(const std::string& reference) {
  const auto plugin = PluginReference::parse(reference);
  std::error_code failed;
  const std::filesystem::path absolute =
      plugin ? std::filesystem::absolute(plugin->path, failed).lexically_normal() : std::filesystem::path();
  if (!plugin || failed) return reference;
  return absolute.string() + (plugin->name.empty() ? "" : ":" + plugin->name);
}

Result<void> check_required(const TuneOptions& options) {
  if (options.space.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no search space: name a JSON file such as space.json (docs/space.md)"};
  }
  if (!options.command.empty() && !options.trainable.empty()) {
    return Error{ErrorCode::kInvalidArgument, "both a command and a trainable are given: choose one"};
  }
  return {};
}

Result<std::unique_ptr<TrialScheduler>> scheduler_of(const PreparedExperiment& experiment,
                                                     std::optional<std::int64_t> max_iterations) {
  const TuneOptions& options = experiment.options;
  MANTA_ASSIGN_OR_RETURN(const Goals goals, goals_of(options));
  return make_scheduler(options.scheduler, {.objective = goals.objective,
                                            .max_iterations = max_iterations,
                                            .space = experiment.space.get(),
                                            .max_trials = experiment.searcher->size().value_or(options.samples),
                                            .seed = options.seed,
                                            .read_snapshot = population_snapshot});
}

// Reads the command, which gives the reference, and notes what it does not use.
Result<void> prepare_command(PreparedExperiment& experiment, const Goals& goals) {
  MANTA_ASSIGN_OR_RETURN(const CommandTemplate command, CommandTemplate::parse(experiment.options.command));
  MANTA_RETURN_IF_ERROR(command.check(*experiment.space));
  std::string unused;
  for (const std::string& name : command.unused(*experiment.space)) unused += (unused.empty() ? "" : ", ") + name;
  if (!unused.empty()) {
    experiment.notes.push_back("the command has no placeholder for " + unused +
                               "; it can read MANTA_CONFIG or MANTA_PARAM_<NAME> from its environment");
  }
  experiment.trainable = command_reference(experiment.options.command, goals.objective.metric);
  return {};
}

// Before anything is written: a space that its constraints leave empty would end the run at its first trial.
Result<void> check_feasibility(PreparedExperiment& experiment) {
  const Space& space = *experiment.space;
  MANTA_RETURN_IF_ERROR(sample(space, experiment.options.seed, 0));
  if (std::string note = feasibility_note(space, experiment.options.seed); !note.empty()) {
    experiment.notes.push_back(std::move(note));
  }
  return {};
}

// Of a resumed experiment it is in the searcher's snapshot.
Result<void> warm_up(PreparedExperiment& experiment, const Goals& goals) {
  const std::filesystem::path& source = *experiment.options.warm_start;
  if (!experiment.searcher->learns()) {
    return Error{ErrorCode::kInvalidArgument, "--warm-start: the searcher \"" + experiment.options.searcher +
                                                  "\" learns nothing from results; those that do are " +
                                                  learning_searchers() + " and your own"};
  }
  MANTA_ASSIGN_OR_RETURN(const WarmStart warm, read_warm_start(source, *experiment.space, goals));
  tell_warm_start(warm, *experiment.searcher);
  experiment.warm_start_line = warm.line;
  experiment.notes.push_back(warm.line);
  return {};
}

// What depends on a clock has no place in a deterministic run.
Result<void> check_deterministic(const TuneOptions& options) {
  const std::pair<const char*, bool> limits[] = {{"--trial-time", options.trial_time_seconds.has_value()},
                                                 {"--step-time", options.step_time_seconds.has_value()},
                                                 {"--stall-timeout", options.stall_timeout_seconds.has_value()}};
  if (options.searcher.find("cost-aware=1") != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument,
                 "--deterministic and cost-aware=1 exclude each other: how long a trial takes differs each time"};
  }
  for (const auto& [name, is_given] : limits) {
    if (is_given) {
      return Error{ErrorCode::kInvalidArgument, std::string("--deterministic and ") + name +
                                                    " exclude each other: how long something takes differs each time"};
    }
  }
  return {};
}

// Of those it knows what it would need, a model of what comes out.
Result<void> check_min_gain(const PreparedExperiment& experiment, const Goals& goals) {
  const std::string& searcher = experiment.options.searcher;
  if (!goals.further.objectives.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--min-gain: with several metrics there is no one best value that could be bettered by so much; leave it "
                 "out, and see in `manta show` how the hypervolume grows"};
  }
  const std::string name = searcher.substr(0, searcher.find(':'));
  if (name == "gp" || name == "auto") return {};
  return Error{ErrorCode::kInvalidArgument,
               "--min-gain: the searcher \"" + searcher + "\" does not know what to expect of a trial; gp and auto do"};
}

// Who asks for several metrics is told what goes by one of them.
void note_first_metric(PreparedExperiment& experiment, const Goals& goals) {
  if (goals.further.objectives.empty()) return;
  const std::string& searcher = experiment.options.searcher;
  std::string who;
  for (const SearcherKind& kind : searcher_kinds()) {
    const bool is_asked = searcher.substr(0, searcher.find(':')) == kind.name;
    if (is_asked && !kind.takes_several && experiment.searcher->learns())
      who = "the searcher " + std::string(kind.name);
  }
  if (experiment.options.scheduler != "fifo")
    who += (who.empty() ? "the scheduler " : " and the scheduler ") + experiment.options.scheduler;
  if (who.empty()) return;
  experiment.notes.push_back(who + (who.find(" and ") == std::string::npos ? " goes" : " go") +
                             " by the first metric alone, " + goals.objective.metric);
}

Result<void> check_growth(const TuneOptions& options) {
  if (options.grow_every == 0 || options.cpus_per_trial > 0) return {};
  return Error{ErrorCode::kInvalidArgument,
               "--grow-every needs --cpus-per-trial above 0: what a trial takes over are the CPUs of free slots"};
}

Result<LoopOptions> loop_options_of(const TuneOptions& options, const Goals& goals, const Space& space,
                                    const Searcher& searcher, const TrialScheduler& scheduler) {
  LoopOptions loop;
  loop.objective = goals.objective;
  loop.further = goals.further;
  loop.searcher = options.searcher;
  loop.max_trials = searcher.size().value_or(options.samples);
  loop.concurrency = options.concurrency;
  loop.max_iterations = options.max_iterations;
  if (const auto limit = scheduler.max_iterations(); limit && *limit < loop.max_iterations.value_or(*limit + 1)) {
    loop.max_iterations = limit;
  }
  for (const std::string& text : options.stop) {
    MANTA_ASSIGN_OR_RETURN(StopCondition condition, StopCondition::parse(text));
    loop.stop.push_back(std::move(condition));
  }
  take_limits(options, loop);
  loop.non_finite = options.non_finite;
  loop.wait_for_durable_reports = true;
  loop.deterministic = options.deterministic;
  loop.space = &space;
  return loop;
}

}  // namespace

void take_limits(const TuneOptions& options, LoopOptions& loop) {
  const auto duration = [](std::optional<double> seconds) {
    return seconds ? std::optional<Duration>(from_seconds(*seconds)) : std::nullopt;
  };
  loop.time_budget = duration(options.time_budget_seconds);
  loop.min_gain = options.min_gain;
  loop.limits = {.trial_time = duration(options.trial_time_seconds),
                 .step_time = duration(options.step_time_seconds),
                 .stall_timeout = duration(options.stall_timeout_seconds)};
  loop.retry_wait = options.deterministic ? Duration{} : from_seconds(options.retry_wait_seconds);
  loop.max_failures = options.max_failures;
  loop.checkpoint_every = options.checkpoint_every;
  loop.grow_every = options.grow_every;
}

TuneOptions complete_options(TuneOptions options) {
  options.trainable = with_absolute_path(options.trainable);
  if (!external_searcher_command(options.searcher)) options.searcher = with_absolute_path(options.searcher);
  if (options.warm_start) {
    std::error_code failed;
    const std::filesystem::path absolute = std::filesystem::absolute(*options.warm_start, failed).lexically_normal();
    if (!failed) options.warm_start = absolute;
  }
  if (options.name.empty()) options.name = name_of_trainable(options);
  if (options.name.empty()) options.name = "experiment";
  return options;
}

Result<void> check_iterations(const PreparedExperiment& experiment, const TuneOptions& stored) {
  const TuneOptions& options = experiment.options;
  if (options.max_iterations == stored.max_iterations) return {};
  const auto before = scheduler_of(experiment, stored.max_iterations);
  const auto after = scheduler_of(experiment, options.max_iterations);
  // What is wrong with it otherwise is found where it is restored.
  if (!before || !after || after->get()->restore(before->get()->save())) return {};
  const auto text = [](const std::optional<std::int64_t>& limit) { return limit ? std::to_string(*limit) : "none"; };
  return Error{ErrorCode::kInvalidArgument,
               "--max-iterations " + text(options.max_iterations) + ": the scheduler \"" + options.scheduler +
                   "\" has laid out its brackets for " + text(stored.max_iterations) +
                   " and cannot change them. Leave --max-iterations out to go on as before; for longer trials start a new "
                   "experiment, without --resume (--warm-start " +
                   shell_quoted(options.resume.value_or("DIR").string()) + " tells its searcher what came out here)"};
}

Result<PreparedExperiment> prepare_experiment(const TuneOptions& options) {
  MANTA_RETURN_IF_ERROR(check_required(options));
  MANTA_ASSIGN_OR_RETURN(const Goals goals, goals_of(options));
  if (options.deterministic) MANTA_RETURN_IF_ERROR(check_deterministic(options));
  MANTA_RETURN_IF_ERROR(check_growth(options));
  PreparedExperiment experiment;
  experiment.options = complete_options(options);
  MANTA_ASSIGN_OR_RETURN(Space space, parse_space(options.space));
  experiment.space = std::make_unique<Space>(std::move(space));
  // By name, so that a resumed experiment has the searcher that it began with whatever the default is by then.
  if (experiment.options.searcher.empty())
    experiment.options.searcher = default_searcher(*experiment.space);
  experiment.trainable = experiment.options.trainable;
  if (!options.command.empty()) MANTA_RETURN_IF_ERROR(prepare_command(experiment, goals));
  MANTA_RETURN_IF_ERROR(check_feasibility(experiment));
  MANTA_ASSIGN_OR_RETURN(experiment.searcher, choose_searcher(experiment.options, *experiment.space));
  if (options.min_gain) MANTA_RETURN_IF_ERROR(check_min_gain(experiment, goals));
  note_first_metric(experiment, goals);
  if (options.warm_start && !options.resume) MANTA_RETURN_IF_ERROR(warm_up(experiment, goals));
  MANTA_ASSIGN_OR_RETURN(experiment.scheduler, scheduler_of(experiment, options.max_iterations));
  MANTA_ASSIGN_OR_RETURN(experiment.loop,
                         loop_options_of(options, goals, *experiment.space, *experiment.searcher,
                                         *experiment.scheduler));
  return experiment;
}

std::filesystem::path default_directory(const std::string& name, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &utc);
  const std::filesystem::path base = std::filesystem::path("runs") / (file_name_of(name) + "-" + time);
  std::filesystem::path directory = base;
  std::error_code ignored;
  for (int number = 2; std::filesystem::exists(directory, ignored); ++number) {
    directory = base.string() + "-" + std::to_string(number);
  }
  return directory;
}

}  // namespace manta
