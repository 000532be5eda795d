// SPDX-License-Identifier: Apache-2.0
// The table of options, and the readers of their values.
#include "tune/cli/option_table.h"

#include <algorithm>
#include <vector>

#include "tune/cli/internal/option_values.h"

namespace manta {

namespace {

using internal::not_expected;
using internal::number_text;
using internal::parse_integer;
using internal::parse_number;
using internal::parse_word;
using internal::quoted;
using internal::word_of;
using internal::Words;
using Values = std::span<const std::string>;

const Words<Mode> kModes{{"min", Mode::kMin}, {"max", Mode::kMax}};
const Words<NonFinite> kNonFinites{
    {"continue", NonFinite::kContinue}, {"stop", NonFinite::kStop}, {"fail", NonFinite::kFail}};
const Words<ProgressStyle> kProgressStyles{{"auto", ProgressStyle::kAuto},
                                           {"live", ProgressStyle::kLive},
                                           {"plain", ProgressStyle::kPlain},
                                           {"none", ProgressStyle::kNone}};
const Words<ColorMode> kColorModes{
    {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};

// The accessors below are made from pointers to members, so that a row of the table names its field once.
template <std::string TuneOptions::*field>
Result<void> set_text(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "a name; give one");
  request.tune.*field = values.back();
  return {};
}
template <std::string TuneOptions::*field>
std::string get_text(const RunRequest& request) {
  const std::string& text = request.tune.*field;
  return text.empty() ? "null" : quoted(text);
}

template <class Integer, Integer TuneOptions::*field, Integer low>
Result<void> set_integer(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.*field, parse_integer<Integer>(values.back(), low));
  return {};
}
template <class Integer, Integer TuneOptions::*field>
std::string get_integer(const RunRequest& request) {
  return std::to_string(request.tune.*field);
}

template <double TuneOptions::*field>
Result<void> set_amount(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.*field, parse_number(values.back(), 0));
  return {};
}
template <double TuneOptions::*field>
std::string get_number(const RunRequest& request) {
  return number_text(request.tune.*field);
}

Result<void> set_metric(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "a name; give one");
  MANTA_RETURN_IF_ERROR(parse_objectives(values.back(), Mode::kMin));
  request.tune.metric = values.back();
  return {};
}

Result<void> set_mode(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.mode, parse_word(values.back(), kModes));
  return {};
}
std::string get_mode(const RunRequest& request) { return word_of(request.tune.mode, kModes); }

Result<void> set_non_finite(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.non_finite, parse_word(values.back(), kNonFinites));
  return {};
}
std::string get_non_finite(const RunRequest& request) { return word_of(request.tune.non_finite, kNonFinites); }

Result<void> set_progress(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.console.progress, parse_word(values.back(), kProgressStyles));
  return {};
}
std::string get_progress(const RunRequest& request) { return word_of(request.console.progress, kProgressStyles); }

Result<void> set_color(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.console.color, parse_word(values.back(), kColorModes));
  return {};
}
std::string get_color(const RunRequest& request) { return word_of(request.console.color, kColorModes); }

template <std::string ConsoleOptions::*field>
Result<void> set_file(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "a file");
  request.console.*field = values.back();
  return {};
}
template <std::string ConsoleOptions::*field>
std::string get_file(const RunRequest& request) {
  const std::string& text = request.console.*field;
  return text.empty() ? "null" : quoted(text);
}

Result<void> set_max_iterations(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.max_iterations, parse_integer<std::int64_t>(values.back(), 1));
  return {};
}
std::string get_max_iterations(const RunRequest& request) {
  return request.tune.max_iterations ? std::to_string(*request.tune.max_iterations) : "null";
}

template <std::vector<std::string> TuneOptions::*field>
Result<void> set_conditions(RunRequest& request, Values values) {
  for (const std::string& text : values) MANTA_RETURN_IF_ERROR(MetricCondition::parse(text));
  (request.tune.*field).assign(values.begin(), values.end());
  return {};
}
template <std::vector<std::string> TuneOptions::*field>
std::string get_conditions(const RunRequest& request) {
  std::string list;
  for (const std::string& text : request.tune.*field) list += (list.empty() ? "" : ",") + quoted(text);
  return list.empty() ? "null" : "[" + list + "]";
}

template <auto field>
Result<void> set_duration(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.*field, parse_duration_seconds(values.back()));
  return {};
}
template <std::optional<double> TuneOptions::*field>
std::string get_optional_number(const RunRequest& request) {
  return request.tune.*field ? number_text(*(request.tune.*field)) : "null";
}

Result<void> set_min_gain(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(const double gain, parse_number(values.back(), 0));
  if (gain == 0) return not_expected(values.back(), "a number above 0");
  request.tune.min_gain = gain;
  return {};
}

Result<void> set_memory_per_trial(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.memory_per_trial, internal::parse_size(values.back()));
  return {};
}
std::string get_memory_per_trial(const RunRequest& request) {
  const std::uint64_t bytes = request.tune.memory_per_trial;
  return bytes == 0 ? "null" : quoted(std::to_string(bytes));
}

Result<void> set_allow_failed(RunRequest& request, Values values) {
  MANTA_ASSIGN_OR_RETURN(request.tune.allow_failed, parse_number(values.back(), 0, 1));
  return {};
}

Result<void> set_out(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "a directory");
  request.tune.out = values.back();
  return {};
}
std::string get_out(const RunRequest& request) {
  return request.tune.out.empty() ? "null" : quoted(request.tune.out.string());
}

template <std::optional<std::filesystem::path> TuneOptions::*field>
Result<void> set_path(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "an experiment's directory");
  request.tune.*field = values.back();
  return {};
}
Result<void> set_deterministic(RunRequest& request, Values values) {
  if (values.back() != "true" && values.back() != "false") return not_expected(values.back(), "true or false");
  request.tune.deterministic = values.back() == "true";
  return {};
}
std::string get_deterministic(const RunRequest& request) { return request.tune.deterministic ? "true" : "null"; }

Result<void> set_simulate(RunRequest& request, Values values) {
  if (values.back().empty()) return not_expected("", "an experiment or a table");
  request.tune.simulate = values.back();
  return {};
}
template <std::optional<std::filesystem::path> TuneOptions::*field>
std::string get_path(const RunRequest& request) {
  const std::optional<std::filesystem::path>& path = request.tune.*field;
  return path ? quoted(path->string()) : "null";
}

using Options = TuneOptions;
using Long = std::int64_t;

const std::vector<OptionSpec> kTable{
    {.name = "metric",
     .kind = OptionKind::kMetrics,
     .value_name = "NAME",
     .group = "Objective",
     .help = "Metric to optimise; required. Several, each with its mode: error:min,latency_ms:min",
     .set = set_metric,
     .get = get_text<&Options::metric>},
    {.name = "mode",
     .kind = OptionKind::kText,
     .value_name = "min|max",
     .group = "Objective",
     .help = "Which way is better, of a metric that does not name its own (min)",
     .set = set_mode,
     .get = get_mode},
    {.name = "metric-constraint",
     .kind = OptionKind::kTexts,
     .value_name = "COND",
     .group = "Objective",
     .help = "A trial is of use only if this holds of its metrics: 'latency_ms <= 20'; repeatable",
     .set = set_conditions<&Options::metric_constraint>,
     .get = get_conditions<&Options::metric_constraint>},
    {.name = "non-finite",
     .kind = OptionKind::kText,
     .value_name = "continue|stop|fail",
     .group = "Objective",
     .help = "What happens to a trial whose metric is NaN or infinite (continue)",
     .set = set_non_finite,
     .get = get_non_finite},

    {.name = "trainable",
     .kind = OptionKind::kText,
     .value_name = "REF",
     .group = "What to tune",
     .help = "Name in this program, or ./libx.so:Name; default: the only one there is",
     .set = set_text<&Options::trainable>,
     .get = get_text<&Options::trainable>},
    {.name = "command",
     .kind = OptionKind::kText,
     .value_name = "TEXT",
     .group = "What to tune",
     .help = "Instead of a trainable: a shell command, './sim --nu {nu}'",
     .set = set_text<&Options::command>,
     .get = get_text<&Options::command>},
    {.name = "simulate",
     .kind = OptionKind::kText,
     .value_name = "DIR|CSV",
     .group = "What to tune",
     .help = "Run nothing: replay the trials of an experiment, or curves of a table, in virtual time",
     .in_document = false,
     .is_stored = false,
     .set = set_simulate,
     .get = get_path<&Options::simulate>},

    {.name = "samples",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Search",
     .help = "Trials; with a grid, times the whole grid (10)",
     .may_change = true,
     .set = set_integer<Long, &Options::samples, 1>,
     .get = get_integer<Long, &Options::samples>},
    {.name = "searcher",
     .kind = OptionKind::kSearcher,
     .value_name = "NAME",
     .group = "Search",
     .help =
         "auto, gp, tpe, forest, freeze-thaw, bohb, cma-es, de, nsga2, sobol, lhs, random, grid, one of your own (Name, "
         "./libx.so:Name) or a program ('exec:python3 search.py'); default: grid if the space has one, else "
         "auto",
     .set = set_text<&Options::searcher>,
     .get = get_text<&Options::searcher>},
    {.name = "searcher-timeout",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Search",
     .help = "For each answer of an exec: searcher (60)",
     .may_change = true,
     .steers = false,
     .set = set_duration<&Options::searcher_timeout_seconds>,
     .get = get_number<&Options::searcher_timeout_seconds>},
    {.name = "repeat",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Search",
     .help = "Where values are noisy: try a configuration that may be the best up to N times, and go by the mean (1)",
     .set = set_integer<Long, &Options::repeat, 1>,
     .get = get_integer<Long, &Options::repeat>},
    {.name = "warm-start",
     .kind = OptionKind::kText,
     .value_name = "DIR",
     .group = "Search",
     .help = "Tell the searcher first what came out in an earlier experiment; they do not count as samples",
     .set = set_path<&Options::warm_start>,
     .get = get_path<&Options::warm_start>},
    {.name = "scheduler",
     .kind = OptionKind::kScheduler,
     .value_name = "NAME",
     .group = "Search",
     .help =
         "fifo, asha, asha-promote, hyperband, async-hyperband, bohb, freeze-thaw, median, i-epoch, pbt, pbt-sync, pb2, "
         "pbt-replay, patience, plateau or threshold; with options: asha:grace=1,eta=4; together: asha + patience (fifo)",
     .set = set_text<&Options::scheduler>,
     .get = get_text<&Options::scheduler>},
    {.name = "seed",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Search",
     .help = "The same seed gives the same trials (0)",
     .set = set_integer<std::uint64_t, &Options::seed, 0>,
     .get = get_integer<std::uint64_t, &Options::seed>},
    {.name = "deterministic",
     .kind = OptionKind::kFlag,
     .value_name = "",
     .group = "Search",
     .help =
         "Decide in an order that no clock has a part in: the same trials each time, also after a crash and --resume",
     .set = set_deterministic,
     .get = get_deterministic},

    {.name = "max-iterations",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Limits",
     .help = "A trial is complete after N reports",
     .may_change = true,
     .set = set_max_iterations,
     .get = get_max_iterations},
    {.name = "stop",
     .kind = OptionKind::kTexts,
     .value_name = "COND",
     .group = "Limits",
     .help = "A trial is complete when this holds: 'accuracy>=0.99'; repeatable",
     .may_change = true,
     .set = set_conditions<&Options::stop>,
     .get = get_conditions<&Options::stop>},
    {.name = "time-budget",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "End the sweep after 90, 90s, 5m or 1h",
     .may_change = true,
     .steers = false,
     .set = set_duration<&Options::time_budget_seconds>,
     .get = get_optional_number<&Options::time_budget_seconds>},
    {.name = "min-gain",
     .kind = OptionKind::kNumber,
     .value_name = "X",
     .group = "Limits",
     .help = "No more trials once the searcher, gp or auto, expects another to better the metric by less than X",
     .may_change = true,
     .set = set_min_gain,
     .get = get_optional_number<&Options::min_gain>},
    {.name = "trial-time",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "Stop a trial that has run so long, all its attempts together",
     .may_change = true,
     .set = set_duration<&Options::trial_time_seconds>,
     .get = get_optional_number<&Options::trial_time_seconds>},
    {.name = "step-time",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "Fail an attempt whose next report takes longer",
     .may_change = true,
     .set = set_duration<&Options::step_time_seconds>,
     .get = get_optional_number<&Options::step_time_seconds>},
    {.name = "stall-timeout",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "Fail an attempt that does nothing for so long, in its setup and save too; the cause has its stack",
     .may_change = true,
     .set = set_duration<&Options::stall_timeout_seconds>,
     .get = get_optional_number<&Options::stall_timeout_seconds>},
    {.name = "max-failures",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Limits",
     .help = "Failed attempts a trial may have and still be retried (0)",
     .may_change = true,
     .set = set_integer<int, &Options::max_failures, 0>,
     .get = get_integer<int, &Options::max_failures>},
    {.name = "retry-wait",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "Wait before the first retry, doubled before each further one, up to 60 times as long (1)",
     .may_change = true,
     .set = set_duration<&Options::retry_wait_seconds>,
     .get = get_number<&Options::retry_wait_seconds>},
    {.name = "storage-wait",
     .kind = OptionKind::kDuration,
     .value_name = "TIME",
     .group = "Limits",
     .help = "While the disk is full, wait so long for space, then end with exit code 4 (600)",
     .may_change = true,
     .steers = false,
     .set = set_duration<&Options::storage_wait_seconds>,
     .get = get_number<&Options::storage_wait_seconds>},
    {.name = "allow-failed",
     .kind = OptionKind::kNumber,
     .value_name = "SHARE",
     .group = "Limits",
     .help = "Exit code 1 when more than this share of the trials failed (0.5)",
     .may_change = true,
     .steers = false,
     .set = set_allow_failed,
     .get = get_number<&Options::allow_failed>},

    {.name = "concurrency",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Resources",
     .help = "Trials at once, the slots; 0: as many as the machine has room for (0)",
     .may_change = true,
     .set = set_integer<int, &Options::concurrency, 0>,
     .get = get_integer<int, &Options::concurrency>},
    {.name = "grow-every",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Resources",
     .help = "Once no trial is left to start, let the others have the free slots' CPUs, each at most every N reports; "
             "0: never (0)",
     .may_change = true,
     .set = set_integer<Long, &Options::grow_every, 0>,
     .get = get_integer<Long, &Options::grow_every>},
    {.name = "cpus-per-trial",
     .kind = OptionKind::kNumber,
     .value_name = "X",
     .group = "Resources",
     .help = "CPUs that one trial takes, its slot (1)",
     .may_change = true,
     .steers = false,
     .set = set_amount<&Options::cpus_per_trial>,
     .get = get_number<&Options::cpus_per_trial>},
    {.name = "gpus-per-trial",
     .kind = OptionKind::kNumber,
     .value_name = "X",
     .group = "Resources",
     .help = "GPUs that one trial takes; fractions share one (0)",
     .may_change = true,
     .steers = false,
     .set = set_amount<&Options::gpus_per_trial>,
     .get = get_number<&Options::gpus_per_trial>},
    {.name = "memory-per-trial",
     .kind = OptionKind::kText,
     .value_name = "SIZE",
     .group = "Resources",
     .help = "Memory that one trial may use: 500M, 2G; it is killed above that",
     .may_change = true,
     .steers = false,
     .set = set_memory_per_trial,
     .get = get_memory_per_trial},

    {.name = "name",
     .kind = OptionKind::kText,
     .value_name = "NAME",
     .group = "Results",
     .help = "Of the experiment; default: the trainable's",
     .set = set_text<&Options::name>,
     .get = get_text<&Options::name>},
    {.name = "out",
     .kind = OptionKind::kText,
     .value_name = "DIR",
     .group = "Results",
     .help = "The experiment's new directory (runs/<name>-<UTC time>)",
     .is_stored = false,
     .set = set_out,
     .get = get_out},
    {.name = "resume",
     .kind = OptionKind::kText,
     .value_name = "DIR",
     .group = "Results",
     .help = "Go on with the experiment in DIR; only limits and resources may change",
     .in_document = false,
     .is_stored = false,
     .set = set_path<&Options::resume>,
     .get = get_path<&Options::resume>},
    {.name = "checkpoint-every",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Results",
     .help = "Reports between checkpoints; 0: only when one is needed (0)",
     .may_change = true,
     .set = set_integer<Long, &Options::checkpoint_every, 0>,
     .get = get_integer<Long, &Options::checkpoint_every>},
    {.name = "keep-checkpoints",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Results",
     .help = "Newest checkpoints kept per trial (2)",
     .may_change = true,
     .steers = false,
     .set = set_integer<int, &Options::keep_checkpoints, 1>,
     .get = get_integer<int, &Options::keep_checkpoints>},
    {.name = "keep-best",
     .kind = OptionKind::kInteger,
     .value_name = "N",
     .group = "Results",
     .help = "Checkpoints kept per trial besides: those of its best reports (0)",
     .may_change = true,
     .steers = false,
     .set = set_integer<int, &Options::keep_best, 0>,
     .get = get_integer<int, &Options::keep_best>},

    {.name = "progress",
     .kind = OptionKind::kText,
     .value_name = "auto|live|plain|none",
     .group = "Console",
     .help = "What is shown on standard error meanwhile (auto)",
     .is_stored = false,
     .set = set_progress,
     .get = get_progress},
    {.name = "color",
     .kind = OptionKind::kText,
     .value_name = "auto|always|never",
     .group = "Console",
     .help = "Colours (auto: on a terminal, unless NO_COLOR is set)",
     .is_stored = false,
     .set = set_color,
     .get = get_color},
    {.name = "trace",
     .kind = OptionKind::kText,
     .value_name = "FILE",
     .group = "Console",
     .help = "Write a timeline of all processes, for ui.perfetto.dev",
     .in_document = false,
     .is_stored = false,
     .set = set_file<&ConsoleOptions::trace>,
     .get = get_file<&ConsoleOptions::trace>},
    {.name = "metrics-file",
     .kind = OptionKind::kText,
     .value_name = "FILE",
     .group = "Console",
     .help = "Write the runtime's metrics in Prometheus' text format, every 10 s",
     .in_document = false,
     .is_stored = false,
     .set = set_file<&ConsoleOptions::metrics_file>,
     .get = get_file<&ConsoleOptions::metrics_file>},
};

}  // namespace

std::span<const OptionSpec> option_table() { return kTable; }

const OptionSpec* find_option(std::string_view name) {
  const auto found = std::ranges::find(kTable, name, &OptionSpec::name);
  return found == kTable.end() ? nullptr : &*found;
}

std::string document_name(const OptionSpec& spec) {
  std::string name(spec.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace manta
