// SPDX-License-Identifier: Apache-2.0
// The verbs.
#include "tune/cli/verb_table.h"

#include "tune/cli/verbs/verbs.h"

namespace manta {

namespace {

using Count = VerbArgument::Count;

constexpr std::string_view kRunning = "Running programs";
constexpr std::string_view kShell = "The shell";
constexpr std::string_view kLooking = "Looking at experiments";
constexpr std::string_view kChanging = "Changing experiments, running or not";
constexpr std::string_view kKeeping = "Keeping experiments";

const VerbArgument kExperiment{
    .name = "EXP", .help = "The experiment's directory, or its experiment.db", .completion = Completion::kDirectory};
const VerbArgument kTrials{
    .name = "TRIAL", .help = "Numbers of trials: all of them, or none when one does not fit", .count = Count::kMany};
const VerbOption kJson{.name = "json", .help = "As JSON"};

const std::vector<Verb> kVerbs{
    {.name = "ls",
     .group = kLooking,
     .summary = "The experiments below a directory, with state, counts and best value",
     .text =
         "States: running; ended (all trials have); interrupted (some have not, and nobody runs it: --resume goes on); "
         "empty; unreadable, with the reason.",
     .arguments = {{.name = "DIR",
                    .help = "Where to look; default: the current directory",
                    .count = Count::kOptional,
                    .completion = Completion::kDirectory}},
     .options = {kJson},
     .examples = {"manta ls runs"},
     .run = verbs::list},
    {.name = "show",
     .group = kLooking,
     .summary = "One experiment, or some of its trials, in full",
     .text =
         "Of an experiment: who runs it, what was asked for, counts, the best trial, and where there are several "
         "metrics the Pareto front. Of a trial: its configuration, "
         "cause, attempts with their logs, checkpoints.",
     .arguments = {kExperiment,
                   {.name = "TRIAL", .help = "Numbers of trials; none: the experiment", .count = Count::kAny}},
     .options = {},
     .examples = {"manta show runs/net", "manta show runs/net 3"},
     .run = verbs::show},
    {.name = "trials",
     .group = kLooking,
     .summary = "The trials, filtered and sorted",
     .text = "A condition compares a name with a value: lr<0.01 and (state=failed or not act=relu). Names are trial, "
             "state, "
             "cause, attempts, iterations, seconds, value (the objective of the last report), best_value, the "
             "parameters, and "
             "the metrics of the last report. Operators are < <= > >= = != and ~ (the text contains); words are and, "
             "or, not and "
             "parentheses. What a trial does not have meets no comparison but !=.\n\nWithout --sort the best come "
             "first; --sort value, "
             "best_value or an objective's metric puts the better first, any other name the smaller.",
     .arguments = {kExperiment},
     .options = {{.name = "where",
                  .value_name = "CONDITION",
                  .help = "Only those that meet it: 'lr<0.01 and state=failed'"},
                 {.name = "sort", .value_name = "NAME", .help = "By this value (best_value)"},
                 {.name = "reverse", .help = "The other way round"},
                 {.name = "limit", .value_name = "N", .help = "At most N (20; with --json: all)"},
                 {.name = "all", .help = "However many there are"},
                 {.name = "json", .help = "As JSON: a list with a line for each trial"}},
     .examples = {"manta trials runs/net --where 'lr<0.01 and state=failed' --sort value --json"},
     .run = verbs::trials},
    {.name = "best",
     .group = kLooking,
     .summary = "The best trial and its configuration",
     .text = "Where there are several metrics: the Pareto front, the trials that no other is better than in one metric "
             "and at least as good as in all others; --config and --json then have a line for each. After "
             "--repeat: the configuration with the best mean, by its first trial. Exit code 1 when no trial has a "
             "finite value yet.",
     .arguments = {kExperiment},
     .options = {{.name = "config", .help = "Its configuration only, as JSON on one line"},
                 {.name = "json", .help = "The trial as JSON on one line"}},
     .examples = {"manta best runs/net --config > best.json"},
     .run = verbs::best},
    {.name = "logs",
     .group = kLooking,
     .summary = "What a trial printed",
     .text = "",
     .arguments = {kExperiment, {.name = "TRIAL", .help = "Number of the trial"}},
     .options = {{.name = "follow",
                  .help = "Go on until the trial has ended, also into its next attempts",
                  .letter = 'f'},
                 {.name = "lines", .value_name = "N", .help = "Begin with the last N lines", .letter = 'n'},
                 {.name = "attempt", .value_name = "N", .help = "Of this attempt; default: the newest"}},
     .examples = {"manta logs runs/net 3 -f"},
     .run = verbs::logs},
    {.name = "explain",
     .group = kLooking,
     .summary = "What stands out in an experiment, and what to do about it",
     .text = "Looks for failures that are alike, trials without a finite value, a best configuration on a bound of the "
             "space, parameters that never varied, noise that hides which trial is best, and idle slots.",
     .arguments = {kExperiment},
     .options = {},
     .examples = {"manta explain runs/net"},
     .run = verbs::explain},
    {.name = "importance",
     .group = kLooking,
     .summary = "Which parameters mattered, and which of them together",
     .text =
         "The share of a parameter is what it does alone, whatever the others are: its part of the variance of what a "
         "random forest, learnt from the trials, predicts over the whole space (functional ANOVA). An interaction "
         "is what two do together beyond that. Permutation is by how much the forest's error grows, in variances "
         "of the objective, when the parameter's values are mixed up among trials that it has not seen: large for "
         "what it cannot do without.\n\nTrials count that completed or were stopped with a finite value, by "
         "their last one. A forest that explains little of what it has not seen says little.",
     .arguments = {kExperiment},
     .options = {kJson},
     .examples = {"manta importance runs/net"},
     .run = verbs::importance},
    {.name = "stop",
     .group = kChanging,
     .summary = "End trials, as stopped",
     .text =
         "A trial that runs may end its iteration, or what it does until its next report; manta kill does not wait.",
     .arguments = {kExperiment, kTrials},
     .options = {},
     .examples = {"manta stop runs/net 3 7"},
     .run = verbs::stop},
    {.name = "kill",
     .group = kChanging,
     .summary = "End the processes of trials at once; the trials have failed",
     .text = "They are not tried again, whatever --max-failures says; manta retry brings them back.",
     .arguments = {kExperiment, kTrials},
     .options = {},
     .examples = {"manta kill runs/net 3"},
     .run = verbs::kill},
    {.name = "pause",
     .group = kChanging,
     .summary = "Checkpoint trials and free their slots, until manta resume",
     .text =
         "A trial that runs ends its iteration first. No scheduler resumes it, and the experiment does not end before "
         "it goes on or is stopped. One that saves no checkpoints begins anew when it goes on.",
     .arguments = {kExperiment, kTrials},
     .options = {},
     .examples = {"manta pause runs/net 3"},
     .run = verbs::pause},
    {.name = "resume",
     .group = kChanging,
     .summary = "Let trials go on that manta pause has paused",
     .text = "To go on with a whole experiment, run its program with --resume.",
     .arguments = {kExperiment, kTrials},
     .options = {},
     .examples = {"manta resume runs/net 3"},
     .run = verbs::resume},
    {.name = "retry",
     .group = kChanging,
     .summary = "Try failed trials again, from their newest checkpoints",
     .text = "As a new attempt. The scheduler has let go of a failed trial and judges it no more: it runs to its end.",
     .arguments = {kExperiment, {.name = "TRIAL", .help = "Numbers of trials", .count = Count::kAny}},
     .options = {{.name = "failed", .help = "All that have failed"}},
     .examples = {"manta retry runs/net --failed", "manta retry runs/net 3"},
     .run = verbs::retry},
    {.name = "clone",
     .group = kChanging,
     .summary = "Add a trial that goes on where another one is, with other values",
     .text =
         "One that runs is checkpointed for it; else its newest checkpoint is taken. The new trial is the next to get "
         "a slot.",
     .arguments = {kExperiment, {.name = "TRIAL", .help = "Number of the trial to go on from"}},
     .options = {{.name = "set",
                  .value_name = "NAME=VALUE",
                  .help = "A parameter that differs; repeatable",
                  .is_repeatable = true}},
     .examples = {"manta clone runs/net 3 --set lr=0.01"},
     .run = verbs::clone},
    {.name = "add-trial",
     .group = kChanging,
     .summary = "Add a trial with this configuration",
     .text = "It comes on top of --samples and is the next to get a slot. The searcher is not asked for it, but learns "
             "from "
             "it; the scheduler treats it as any other.",
     .arguments = {kExperiment, {.name = "CONFIG", .help = "JSON, with a value for each parameter of the space"}},
     .options = {},
     .examples = {R"(manta add-trial runs/net '{"lr": 0.01, "layers": 3}')"},
     .run = verbs::add_trial},
    {.name = "set",
     .group = kChanging,
     .summary = "Change limits and resources",
     .text =
         "Names are those of the options that --resume may change. A running experiment takes over concurrency, "
         "samples, time-budget, trial-time, step-time, stall-timeout, max-failures, retry-wait, checkpoint-every and "
         "grow-every at once, and the others at the next --resume. A call under way keeps its limits. With a smaller "
         "concurrency nothing is ended, only less is started. The time budget counts from the start of the run.",
     .arguments =
         {kExperiment,
          {.name = "NAME=VALUE",
           .help = "A limit and its new value",
           .count = Count::kMany,
           .completion = Completion::kWords,
           .words = "samples= searcher-timeout= max-iterations= stop= time-budget= min-gain= trial-time= step-time= "
                    "stall-timeout= max-failures= retry-wait= storage-wait= allow-failed= concurrency= grow-every= cpus-per-trial= "
                    "gpus-per-trial= memory-per-trial= checkpoint-every= keep-checkpoints= "
                    "keep-best="}},
     .options = {},
     .examples = {"manta set runs/net concurrency=8 samples=200 time-budget=2h"},
     .run = verbs::set},
    {.name = "note",
     .group = kChanging,
     .summary = "Write a note beside the results",
     .text = "manta show shows it, and the table notes of the database has it.",
     .arguments = {kExperiment,
                   {.name = "[TRIAL] TEXT", .help = "About a trial, or the whole experiment", .count = Count::kMany}},
     .options = {},
     .examples = {"manta note runs/net 3 'the learning rate was warmed up by hand'"},
     .run = verbs::note},
    {.name = "export",
     .group = kKeeping,
     .summary = "Trials, or every report, as CSV or JSON lines; or the whole experiment as a figure",
     .text =
         "CSV has a column config/NAME for each parameter and metric/NAME for each metric. Numbers that JSON does "
         "not have stand as the texts nan, inf and -inf.\n\nThe figure needs nothing but a browser. Of pbt, pbt-sync "
         "and pb2 it shows the metric and each parameter that is a number over the iterations, with the copies "
         "between trials, and above them the way to the best value; of other experiments the learning curves and "
         "the best value so far. Where there is too much to draw, it says what is left out.",
     .arguments = {kExperiment},
     .options = {{.name = "csv", .help = "Comma-separated, with a header"},
                 {.name = "jsonl", .help = "One JSON object on each line"},
                 {.name = "svg", .help = "A figure: curves, and the schedule of a population's hyperparameters"},
                 {.name = "results", .help = "A row for each report, not for each trial"},
                 {.name = "output",
                  .value_name = "FILE",
                  .help = "Into FILE, which is whole or not there; default: standard output",
                  .letter = 'o',
                  .completion = Completion::kFile}},
     .examples = {"manta export runs/net --csv > trials.csv",
                  "manta export runs/net --results --jsonl -o reports.jsonl", "manta export runs/net --svg -o net.svg"},
     .run = verbs::export_experiment},
    {.name = "rm",
     .group = kKeeping,
     .summary = "Remove experiments, with their checkpoints and logs",
     .text = "Asks first, and refuses one that is running. Files that Manta did not make stay, and their directory "
             "with them.",
     .arguments = {{.name = "EXP",
                    .help = "Directories of experiments",
                    .count = Count::kMany,
                    .completion = Completion::kDirectory}},
     .options = {{.name = "yes", .help = "Do not ask", .letter = 'y'}},
     .examples = {"manta rm --yes runs/net"},
     .run = verbs::remove},
    {.name = "status",
     .group = kRunning,
     .summary = "What there is in the runtimes of this user: workers, actors, queues, objects",
     .text = "",
     .arguments = {{.name = "PID",
                    .help = "The program's process; without it, all of them",
                    .count = Count::kOptional}},
     .options = {{.name = "json", .help = "As JSON: {\"runtimes\": [...]}"},
                 {.name = "all", .help = "Every row, not only the longest queues"},
                 {.name = "watch",
                  .value_name = "SECONDS",
                  .help = "Again every SECONDS (1), until the runtime ends or Ctrl-C",
                  .value_is_optional = true},
                 {.name = "color",
                  .value_name = "auto|always|never",
                  .help = "Colours (auto: on a terminal, unless NO_COLOR is set)",
                  .completion = Completion::kWords,
                  .words = "auto always never"}},
     .examples = {"manta status 4711 --watch"},
     .run = verbs::status},
    {.name = "completion",
     .group = kShell,
     .summary = "A script with which the shell completes the words of manta and tune_run",
     .text =
         "For bash, put eval \"$(manta completion bash)\" in ~/.bashrc; for zsh, source <(manta completion zsh) behind "
         "compinit in ~/.zshrc; for fish, manta completion fish > ~/.config/fish/completions/manta.fish. An installed "
         "Manta has brought them along.",
     .arguments =
         {{.name = "SHELL", .help = "bash, zsh or fish", .completion = Completion::kWords, .words = "bash zsh fish"}},
     .options = {},
     .examples = {"manta completion bash"},
     .run = verbs::completion},
};

}  // namespace

std::span<const Verb> verb_table() { return kVerbs; }

}  // namespace manta
