// SPDX-License-Identifier: Apache-2.0
// Puts the parts of an experiment together, runs the loop, and tells the user how it went.
#include "tune/cli/run_experiment.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "searchers/make_searcher.h"
#include "tune/cli/choose_searcher.h"
#include "tune/cli/console_reporter.h"
#include "tune/cli/control/control_desk.h"
#include "tune/cli/control/control_socket.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/experiment_document.h"
#include "tune/cli/folder_watch.h"
#include "tune/cli/outcome.h"
#include "tune/cli/prepared_experiment.h"
#include "tune/cli/signal_watch.h"
#include "tune/cli/summary.h"
#include "tune/cli/terminal.h"
#include "tune/cli/trial_front.h"
#include "tune/cli/warm_start.h"
#include "tune/loop/event_log.h"
#include "tune/loop/ordered_executor.h"
#include "tune/loop/replay.h"
#include "tune/loop/searcher_thread.h"
#include "tune/results/experiment_view.h"
#include "tune/results/result_store.h"
#include "tune/results/results_writer.h"
#include "tune/space/space_evolution.h"

namespace manta {

namespace {

constexpr std::size_t kFrontRows = 10;
constexpr Duration kThoughtLimit = std::chrono::seconds(1);  // For a thought that is not over when the run is.

// An experiment's results, open for writing, and where it stands.
struct OpenResults {
  ResultStore store;
  LoopState state;
  EventLog::Recorded recorded;  // Of a deterministic one, which begins with an empty state.
};

// What is being repeated was shown when it happened. `on_tick` is called whenever the loop has a moment.
class QuietWhileRepeating final : public LoopObserver {
 public:
  QuietWhileRepeating(LoopObserver& observer, const EventLog& log, std::function<void()> on_tick)
      : observer_(observer), log_(log), on_tick_(std::move(on_tick)) {}

  void on_trial(const TrialStatus& trial, const Progress& progress) override {
    if (!log_.is_repeating()) observer_.on_trial(trial, progress);
  }
  void on_report(const Report& report, const Progress& progress) override {
    if (!log_.is_repeating()) observer_.on_report(report, progress);
  }
  void on_new_best(const TrialStatus& trial, const Progress& progress) override {
    if (!log_.is_repeating()) observer_.on_new_best(trial, progress);
  }
  void on_searcher(const std::string& line) override { observer_.on_searcher(line); }
  void on_silence(const Silence& silence) override { observer_.on_silence(silence); }
  void on_tick(const Progress& progress) override {
    observer_.on_tick(progress);
    on_tick_();
  }
  void on_warning(const std::string& line) override { observer_.on_warning(line); }

 private:
  LoopObserver& observer_;
  const EventLog& log_;
  const std::function<void()> on_tick_;
};

// A terminal that is gone must not end the run: what cannot be written is lost.
void write_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

ResultStoreOptions store_options(const TuneOptions& options, ConsoleReporter& console) {
  return {.keep_checkpoints = options.keep_checkpoints,
          .keep_best = options.keep_best,
          .on_warning = [&console](const std::string& warning) {
            console.announce("warning: " + escape_control(warning));
          }};
}

Result<TuneOptions> options_of(const StoredExperiment& stored) {
  RunRequest request;
  MANTA_RETURN_IF_ERROR(apply_document(stored.spec.json, "the stored experiment", request));
  if (!request.tune.searcher.empty()) return request.tune;
  // By a version that did not write it down, and had another default.
  MANTA_ASSIGN_OR_RETURN(const Space space, parse_space(request.tune.space));
  request.tune.searcher = default_searcher(space) == "grid" ? "grid" : "random";
  return request.tune;
}

// What was asked for, with what is stored where nothing was asked.
Result<TuneOptions> resumed_options(const TuneOptions& asked, const TuneOptions& stored) {
  TuneOptions options = asked;
  if (options.space.empty()) options.space = stored.space;
  if (options.metric.empty()) options.metric = stored.metric;
  if (options.name.empty()) options.name = stored.name;
  if (options.searcher.empty()) options.searcher = stored.searcher;
  if (!options.warm_start) options.warm_start = stored.warm_start;
  options = complete_options(std::move(options));
  const std::vector<std::string> changes = forbidden_changes(stored, options);
  if (changes.empty()) return options;
  std::string message = stored.deterministic
                            ? "a deterministic experiment keeps all that its decisions depend on; changed are:"
                            : "a resumed experiment keeps all but its limits and resources; changed are:";
  for (const std::string& change : changes) message += "\n  " + escape_control(change);
  return Error{ErrorCode::kInvalidArgument, message + "\nStart a new experiment for that, without --resume."};
}

Result<OpenResults> create_results(const PreparedExperiment& experiment, const std::filesystem::path& directory,
                                   WallTime now, ConsoleReporter& console) {
  const TuneOptions& options = experiment.options;
  MANTA_ASSIGN_OR_RETURN(std::string document, to_document(options));
  const ExperimentSpec spec{options.name, experiment.loop.objective, std::move(document), now, experiment.loop.further};
  MANTA_ASSIGN_OR_RETURN(ResultStore store, ResultStore::create(directory, spec, store_options(options, console)));
  if (!experiment.warm_start_line.empty()) {
    // A resumed run begins with this snapshot, whatever has become of the earlier experiment by then.
    const std::vector<Change> warm{NoteAdded{std::nullopt, experiment.warm_start_line, now},
                                   SnapshotsSaved{experiment.searcher->save(), experiment.scheduler->save()}};
    MANTA_RETURN_IF_ERROR(store.apply(warm));
  }
  return OpenResults{std::move(store), {}, {}};
}

// The snapshot that had it was of the old space. An earlier experiment that is gone is no reason not to go on.
void warm_up_again(PreparedExperiment& experiment, const std::filesystem::path& source, ConsoleReporter& console) {
  const Goals goals{experiment.loop.objective, experiment.loop.further};
  const Result<WarmStart> warm = read_warm_start(source, *experiment.space, goals);
  if (warm) tell_warm_start(*warm, *experiment.searcher);
  console.announce(escape_control(warm ? "note: " + warm->line
                                       : "warning: the grown space goes on without it: " + warm.error().message));
}

// Brings searcher and scheduler to where they stood. A searcher keeps what it knows in terms of its space: where that
// has grown, one of the old space is brought there for the scheduler's sake, and the new one is told all trials. True
// if so.
Result<bool> restore(PreparedExperiment& experiment, const TuneOptions& before, StoredExperiment& stored,
                     const std::filesystem::path& directory, ConsoleReporter& console) {
  MANTA_ASSIGN_OR_RETURN(const Space old_space, parse_space(before.space));
  if (is_same_space(old_space, *experiment.space)) {
    MANTA_RETURN_IF_ERROR(
        replay(stored.changes, experiment.loop, *experiment.searcher, *experiment.scheduler, stored.state));
    return false;
  }
  MANTA_ASSIGN_OR_RETURN(const std::unique_ptr<Searcher> old_searcher, choose_searcher(before, old_space));
  MANTA_RETURN_IF_ERROR(replay(stored.changes, experiment.loop, *old_searcher, *experiment.scheduler, stored.state));
  stored.state.suggestions.clear();  // The new one is asked for them again.
  if (before.warm_start) warm_up_again(experiment, *before.warm_start, console);
  std::map<TrialId, Metrics> metrics;
  if (!experiment.loop.further.empty()) {
    MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory));
    MANTA_ASSIGN_OR_RETURN(metrics, view.objective_metrics());
  }
  std::int64_t by_hand = 0;
  for (const TrialStatus& trial : stored.state.trials) {
    // Under the numbers that the loop uses.
    const TrialId number{trial.by_hand ? kFirstNumberByHand + by_hand : trial.id.number - by_hand};
    by_hand += trial.by_hand ? 1 : 0;
    const auto reported = metrics.find(trial.id);
    experiment.searcher->tell({.trial = number,
                               .config = trial.config,
                               .state = trial.state,
                               .iteration = trial.iteration,
                               .value = trial.value,
                               .seconds = trial.seconds,
                               .metrics = reported == metrics.end() ? nullptr : &reported->second});
  }
  return true;
}

// What is asked for anew is what is asked for from now on. Where the space has grown, with snapshots in terms of the
// new one, as those of the old one cannot be restored any more.
Result<void> record_request(const PreparedExperiment& experiment, const std::string& stored, bool has_grown,
                            ResultStore& store) {
  std::vector<Change> changes;
  MANTA_ASSIGN_OR_RETURN(std::string document, to_document(experiment.options));
  if (document != stored) changes.emplace_back(SpecChanged{std::move(document)});
  if (has_grown) changes.emplace_back(SnapshotsSaved{experiment.searcher->save(), experiment.scheduler->save()});
  return changes.empty() ? Result<void>() : store.apply(changes);
}

// It repeats all that it did, from its beginning.
Result<OpenResults> begin_again(PreparedExperiment& experiment, const TuneOptions& before, ResultStore store,
                                StoredExperiment stored) {
  MANTA_ASSIGN_OR_RETURN(const Space old_space, parse_space(before.space));
  if (!is_same_space(old_space, *experiment.space)) {
    return Error{ErrorCode::kInvalidArgument,
                 "the experiment is deterministic and keeps its space: start a new one, without --resume"};
  }
  for (const Change& change : stored.changes) {
    const auto* const warm = std::get_if<SnapshotsSaved>(&change);
    if (warm == nullptr) continue;
    MANTA_RETURN_IF_ERROR(experiment.searcher->restore(warm->searcher));
    MANTA_RETURN_IF_ERROR(experiment.scheduler->restore(warm->scheduler));
  }
  MANTA_RETURN_IF_ERROR(record_request(experiment, stored.spec.json, /*has_grown=*/false, store));
  const auto checkpoint_of_ended = [directory = store.directory()](TrialId trial) -> std::optional<Checkpoint> {
    Result<ExperimentView> view = ExperimentView::open(directory);
    if (!view) return std::nullopt;
    Result<std::optional<Checkpoint>> checkpoint = view->newest_checkpoint(trial);
    return checkpoint ? *std::move(checkpoint) : std::nullopt;
  };
  return OpenResults{
      std::move(store), {}, {std::move(stored.events), std::move(stored.state.checkpoints), checkpoint_of_ended}};
}

// Also brings searcher and scheduler to where they stood.
Result<OpenResults> reopen_results(PreparedExperiment& experiment, const std::filesystem::path& directory,
                                   ConsoleReporter& console) {
  MANTA_ASSIGN_OR_RETURN(ResultStore store, ResultStore::open(directory, store_options(experiment.options, console)));
  MANTA_ASSIGN_OR_RETURN(StoredExperiment stored, store.load());
  for (const std::string& warning : stored.warnings) console.announce("warning: " + escape_control(warning));
  MANTA_ASSIGN_OR_RETURN(const TuneOptions before, options_of(stored));
  if (before.deterministic) return begin_again(experiment, before, std::move(store), std::move(stored));
  MANTA_ASSIGN_OR_RETURN(const bool has_grown, restore(experiment, before, stored, directory, console));
  MANTA_RETURN_IF_ERROR(record_request(experiment, stored.spec.json, has_grown, store));
  return OpenResults{std::move(store), std::move(stored.state), {}};
}

// What a running experiment has in its directory beside its results: made anew when somebody deletes it.
class Premises {
 public:
  /// `control` may be null.
  Premises(const std::filesystem::path& directory, ControlServer* control, ConsoleReporter& console)
      : console_(console),
        control_(control),
        folders_(directory,
                 {{"logs", "what the running trials print is lost until their next attempts, and so are checkpoints "
                           "that commands have made since they were paused last"},
                  {"checkpoints", "what runs goes on; a resumed run has those that are written from now on"}},
                 [&console](const std::string& line) { console.announce(escape_control(line)); }) {
    std::error_code ignored;
    std::filesystem::create_directory(directory / "logs", ignored);  // As trials would: it is watched from now on.
    folders_.check();
  }

  void check() {
    folders_.check();
    if (control_ == nullptr) return;
    const Result<bool> renewed = control_->renew_door();
    if (!renewed && !is_shut_)
      console_.announce("warning: control.sock was deleted, and commands cannot be taken: " +
                        escape_control(renewed.error().message));
    if (renewed && *renewed) console_.announce("warning: control.sock was deleted, and made anew");
    is_shut_ = !renewed;
  }

 private:
  ConsoleReporter& console_;
  ControlServer* const control_;
  FolderWatch folders_;
  bool is_shut_ = false;
};

// The running loop as the signal's thread sees it.
class Interruption {
 public:
  /// `control` may be null: nobody can send commands.
  /// `what`: what the loop does then, "checkpointing".
  Interruption(ConsoleReporter& console, std::string what, std::string resume, ControlServer* control)
      : console_(console), what_(std::move(what)), resume_(std::move(resume)), control_(control) {}

  void interrupt() {
    const std::lock_guard lock(mutex_);
    requested_ = true;
    const std::int64_t running = console_.running();
    console_.announce("interrupted: " + what_ + " " + std::to_string(running) + (running == 1 ? " trial" : " trials") +
                      " (Ctrl-C again to stop at once); resume with: " + resume_);
    // The process may end at any moment now, and is to leave no socket.
    if (control_ != nullptr) control_->close_door();
    if (loop_ != nullptr) loop_->request_stop();
  }

  // From here on an interrupt stops `loop`; one that came before stops it now. Null: nothing any more.
  void attach(TuneLoop* loop) {
    const std::lock_guard lock(mutex_);
    loop_ = loop;
    if (loop_ != nullptr && requested_) loop_->request_stop();
  }

 private:
  ConsoleReporter& console_;
  const std::string what_;
  const std::string resume_;
  ControlServer* const control_;
  std::mutex mutex_;  // Guards all that follows.
  TuneLoop* loop_ = nullptr;
  bool requested_ = false;
};

// Where there are several metrics. What cannot be read any more is in the database all the same.
std::string front_summary(const ExperimentLabel& label, const TextStyle& style) {
  if (label.further.objectives.empty()) return "";
  Result<ExperimentView> view = ExperimentView::open(label.directory);
  if (!view) return "";
  const Result<std::vector<TrialRecord>> trials = view->trials();
  const Result<TrialFront> front = trials ? read_trial_front(*view, *trials) : Error{trials.error()};
  return front ? front_text(*front, *trials, kFrontRows, style) : "";
}

// The last words, on standard output, and what the user should know, on standard error.
void print_end(TrialsView trials, const PreparedExperiment& experiment, const ExperimentLabel& label,
               const TuneOutcome& outcome, const TuneSettings& settings, const std::string& resume) {
  const TextStyle errors = choose_style(gather_terminal_facts(STDERR_FILENO), settings.console.color);
  const bool is_resumable = outcome.end != LoopEnd::kFinished;
  if (settings.print_summary) {
    const TextStyle style = choose_style(gather_terminal_facts(STDOUT_FILENO), settings.console.color);
    write_text(STDOUT_FILENO, summary_text(trials, label, style, front_summary(label, style)) +
                                  (is_resumable ? "resume with: " + resume + "\n" : ""));
  }
  const std::string prefix = errors.color ? "\x1b[33mwarning:\x1b[0m " : "warning: ";
  for (const std::string& line : warnings(trials, *experiment.space, label)) {
    write_text(STDERR_FILENO, prefix + line + "\n");
  }
  if (outcome.end == LoopEnd::kTimeBudget) write_text(STDERR_FILENO, "the time budget is spent\n");
}

ConsoleReporter::Options console_options(const TuneSettings& settings, ExperimentLabel label) {
  const ColorMode color = settings.console.color;
  const TerminalFacts facts = gather_terminal_facts(STDERR_FILENO);
  return {.progress = choose_progress(facts, settings.console.progress),
          .style = choose_style(facts, color),
          .label = std::move(label),
          .write = [](std::string_view text) { write_text(STDERR_FILENO, text); },
          .current_style = [color] { return choose_style(gather_terminal_facts(STDERR_FILENO), color); }};
}

// What its surroundings ended can go on.
Error with_way_back(Error error, const std::string& resume) {
  const ExitCode code = exit_code_of(error.code);
  const bool is_resumable = code == kExitEnvironment || code == kExitStorage || code == kExitRuntime;
  if (is_resumable && error.message.find("--resume") == std::string::npos) error.message += "; resume with: " + resume;
  return error;
}

// One run of a prepared experiment.
class Run {
 public:
  Run(PreparedExperiment experiment, const TuneSettings& settings, std::filesystem::path directory)
      : experiment_(std::move(experiment)),
        settings_(settings),
        label_{experiment_.options.name, experiment_.loop.objective, std::move(directory), experiment_.loop.further,
               experiment_.options.repeat > 1},
        console_(console_options(settings, label_), clock_) {}

  Result<TuneOutcome> run(const ExecutorMaker& make_executor) {
    for (const std::string& note : experiment_.notes) console_.announce("note: " + escape_control(note));
    const TuneOptions& options = experiment_.options;
    MANTA_ASSIGN_OR_RETURN(const std::unique_ptr<Executor> executor,
                           make_executor({.trainable = experiment_.trainable,
                                          .space = options.space,
                                          .log_directory = label_.directory / "logs",
                                          .cpus_per_trial = options.cpus_per_trial,
                                          .gpus_per_trial = options.gpus_per_trial,
                                          .memory_per_trial = options.memory_per_trial}));
    MANTA_RETURN_IF_ERROR(choose_concurrency(*executor));
    MANTA_ASSIGN_OR_RETURN(OpenResults results,
                           options.resume ? reopen_results(experiment_, label_.directory, console_)
                                          : create_results(experiment_, label_.directory, clock_.wall_now(), console_));
    return loop(std::move(results), *executor, resume_command(settings_.program, label_.directory));
  }

 private:
  Result<void> choose_concurrency(const Executor& executor) {
    int& concurrency = experiment_.loop.concurrency;
    if (concurrency == 0) concurrency = executor.slots();
    if (!experiment_.loop.deterministic) return {};
    // It belongs to what decisions depend on, and a trial that waits for room would keep the others waiting for ever.
    if (concurrency > executor.slots()) {
      return Error{ErrorCode::kFailedPrecondition, "a deterministic experiment with --concurrency " +
                                                       std::to_string(concurrency) +
                                                       " needs room for as many trials; there is room for " +
                                                       std::to_string(executor.slots()) + " (see --cpus-per-trial)"};
    }
    experiment_.options.concurrency = concurrency;
    return {};
  }

  Result<TuneOutcome> loop(OpenResults results, Executor& executor, const std::string& resume) {
    ResultsWriter writer(
        std::move(results.store),
        {.commits_when_told = true,
         .on_durable = [&executor] { executor.interrupt(); },
         .full_limit = from_seconds(experiment_.options.storage_wait_seconds),
         .on_notice = [this](const std::string& notice) { console_.announce("warning: " + escape_control(notice)); }});
    EventLog log(writer, std::move(results.recorded));
    OrderedExecutor ordered(executor, log);
    std::unique_ptr<Premises> premises;
    QuietWhileRepeating observer(console_, log, [&premises] {
      if (premises) premises->check();
    });
    // A deterministic run waits for each suggestion, so that it knows the same each time.
    std::optional<SearcherThread> thinking;
    if (!experiment_.loop.deterministic && !experiment_.searcher->is_quick()) thinking.emplace();
    const TuneLoop::Parts parts =
        experiment_.loop.deterministic
            ? TuneLoop::Parts{*experiment_.searcher, *experiment_.scheduler, ordered, log, observer}
            : TuneLoop::Parts{*experiment_.searcher, *experiment_.scheduler, executor, writer, observer,
                              thinking ? &*thinking : nullptr};
    TuneLoop loop(experiment_.loop, parts, std::move(results.state));
    ControlDesk desk({experiment_, label_.directory, executor.slots(),
                      [this](const std::string& line) { console_.announce(escape_control(line)); }},
                     loop);
    Result<std::unique_ptr<ControlServer>> control = ControlServer::open(
        label_.directory,
        [&desk](const std::string& line, ControlServer::Reply reply) { desk.handle(line, std::move(reply)); });
    if (!control) console_.announce("warning: no commands can be taken: " + escape_control(control.error().message));
    premises = std::make_unique<Premises>(label_.directory, control ? control->get() : nullptr, console_);
    Interruption interruption(console_, experiment_.loop.deterministic ? "stopping" : "checkpointing", resume,
                              control ? control->get() : nullptr);
    std::unique_ptr<SignalWatch> signals;
    if (settings_.handle_signals) {
      MANTA_ASSIGN_OR_RETURN(signals, SignalWatch::start([&](int) { interruption.interrupt(); }));
    }
    interruption.attach(&loop);
    const Result<LoopEnd> end = loop.run();
    interruption.attach(nullptr);
    // One that hangs keeps what it uses.
    if (thinking && !thinking->close(kThoughtLimit)) static_cast<void>(experiment_.searcher.release());
    if (control) control->get()->close_door();
    const Result<void> closed = writer.close();
    console_.finish();
    if (!end) return with_way_back(end.error(), resume);
    if (!closed) return with_way_back(closed.error(), resume);

    TuneOutcome outcome = outcome_of(loop.trials(), experiment_, *end, signals ? signals->received() : 0);
    outcome.directory = label_.directory;
    print_end(loop.trials(), experiment_, label_, outcome, settings_, resume);
    return outcome;
  }

  PreparedExperiment experiment_;
  const TuneSettings settings_;
  SystemClock clock_;
  const ExperimentLabel label_;
  ConsoleReporter console_;
};

}  // namespace

Result<TuneOptions> stored_options(const std::filesystem::path& directory) {
  MANTA_ASSIGN_OR_RETURN(ResultStore store, ResultStore::open_read_only(directory));
  MANTA_ASSIGN_OR_RETURN(const StoredExperiment stored, store.load());
  return options_of(stored);
}

Result<TuneOutcome> run_experiment(const TuneOptions& options, const TuneSettings& settings,
                                   const ExecutorMaker& make_executor) {
  TuneOptions complete = options;
  std::filesystem::path directory = options.out;
  std::optional<TuneOptions> stored;
  if (options.resume) {
    if (!options.out.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "--out and --resume exclude each other: a resumed experiment stays where it is"};
    }
    directory = *options.resume;
    MANTA_ASSIGN_OR_RETURN(stored, stored_options(directory));
    MANTA_ASSIGN_OR_RETURN(complete, resumed_options(options, *stored));
  }
  MANTA_ASSIGN_OR_RETURN(PreparedExperiment experiment, prepare_experiment(complete));
  if (stored) MANTA_RETURN_IF_ERROR(check_iterations(experiment, *stored));
  if (directory.empty()) directory = default_directory(experiment.options.name, SystemClock().wall_now());
  Run run(std::move(experiment), settings, std::move(directory));
  return run.run(make_executor);
}

}  // namespace manta
