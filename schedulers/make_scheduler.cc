// SPDX-License-Identifier: Apache-2.0
#include "schedulers/make_scheduler.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/did_you_mean.h"
#include "schedulers/asha_promote_scheduler.h"
#include "schedulers/asha_scheduler.h"
#include "schedulers/async_hyperband_scheduler.h"
#include "schedulers/combined_scheduler.h"
#include "schedulers/fifo_scheduler.h"
#include "schedulers/freeze_thaw_scheduler.h"
#include "schedulers/hyperband_scheduler.h"
#include "schedulers/i_epoch_scheduler.h"
#include "schedulers/median_scheduler.h"
#include "schedulers/patience_scheduler.h"
#include "schedulers/pbt_replay_scheduler.h"
#include "schedulers/pbt_scheduler.h"
#include "schedulers/plateau_scheduler.h"
#include "schedulers/threshold_scheduler.h"
#include "tune/trial/named_options.h"

namespace manta {
namespace {

using Made = Result<std::unique_ptr<TrialScheduler>>;

// What a scheduler is made of.
struct Request {
  std::string_view text;
  const NamedOptions& options;
  const SchedulerSetup& setup;
};

constexpr std::int64_t kMaxIterations = AshaScheduler::kMaxIterations;
using Kind = OptionRange::Kind;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::string_view kMaxTHelp =
    "Iterations after which a trial is complete (`--max-iterations`; without it: 100)";
constexpr std::string_view kHyperbandMaxTHelp =
    "Iterations of the longest trial, R in the paper (`--max-iterations`; without it: 81)";

// The defaults are those of the algorithms' Options, so that what is said of them is what holds.
const std::array<OptionRange, 3> kAshaOptions{{{.name = "grace",
                                                .high = kMaxIterations,
                                                .high_name = "max_t",
                                                .help = "Iterations of the first rung",
                                                .otherwise = AshaScheduler::Options{}.grace},
                                               {.name = "eta",
                                                .low = 2,
                                                .high = AshaScheduler::kMaxEta,
                                                .help = "One in `eta` goes on; the next rung is `eta` times as far",
                                                .otherwise = AshaScheduler::Options{}.eta},
                                               {.name = "max_t", .high = kMaxIterations, .help = kMaxTHelp}}};
const std::array<OptionRange, 4> kAshaStopOptions{
    {kAshaOptions[0],
     kAshaOptions[1],
     kAshaOptions[2],
     {.name = "cost",
      .kind = Kind::kText,
      .help =
          "What rungs count in place of iterations: `seconds`, or a metric that only grows; `grace` and `max_t` are "
          "then in its unit (iterations)"}}};
const std::array<OptionRange, 1> kFreezeThawOptions{{kAshaOptions[2]}};
const std::array<OptionRange, 3> kPbtOptions{
    {{.name = "interval",
      .high = kMaxIterations,
      .help = "Iterations between two decisions about a trial",
      .otherwise = PbtScheduler::Options{}.interval},
     {.name = "quantile",
      .kind = Kind::kReal,
      .real_low = 0,
      .real_high = 0.5,
      .help = "Share of the worst that copy, and of the best that are copied",
      .otherwise = PbtScheduler::Options{}.quantile},
     {.name = "resample",
      .kind = Kind::kReal,
      .real_low = 0,
      .real_high = 1,
      .help = "Probability that a hyperparameter is drawn anew, not changed a little",
      .otherwise = PbtScheduler::Options{}.resample}}};
const std::array<OptionRange, 1> kPbtReplayOptions{
    {{.name = "from", .kind = Kind::kText, .help = "Directory of the experiment whose schedule is used; required",
      .required = true}}};
const std::array<OptionRange, 2> kPatienceOptions{
    {{.name = "reports",
      .high = kMaxIterations,
      .help = "How many reports in a row may bring nothing better",
      .otherwise = PatienceScheduler::Options{}.reports},
     {.name = "delta",
      .kind = Kind::kReal,
      .real_low = 0,
      .real_high = kInfinity,
      .help = "What counts as better: by more than this, in the metric's unit",
      .otherwise = PatienceScheduler::Options{}.delta}}};
const std::array<OptionRange, 3> kPlateauOptions{
    {{.name = "reports",
      .low = 2,
      .high = 1'000'000,
      .help = "How many of the last reports are looked at",
      .otherwise = PlateauScheduler::Options{}.reports},
     {.name = "std",
      .kind = Kind::kReal,
      .real_low = 0,
      .real_high = kInfinity,
      .help = "The standard deviation up to which they are a plateau, in the metric's unit",
      .otherwise = PlateauScheduler::Options{}.std},
     {.name = "grace",
      .high = kMaxIterations,
      .help = "No decision before this iteration",
      .otherwise = PlateauScheduler::Options{}.grace}}};
const std::array<OptionRange, 2> kThresholdOptions{{{.name = "at",
                                                     .high = kMaxIterations,
                                                     .help = "The iteration by which a trial must be good enough",
                                                     .otherwise = ThresholdScheduler::Options{}.at},
                                                    {.name = "value",
                                                     .kind = Kind::kReal,
                                                     .real_low = -kInfinity,
                                                     .real_high = kInfinity,
                                                     .help = "How good, as a value of the metric; required",
                                                     .required = true}}};
const std::array<OptionRange, 2> kHyperbandOptions{
    {{.name = "max_t", .high = kMaxIterations, .help = kHyperbandMaxTHelp},
     {.name = "eta",
      .low = 2,
      .high = AshaScheduler::kMaxEta,
      .help = "One in `eta` goes on; the next rung is `eta` times as far",
      .otherwise = HyperbandScheduler::Options{}.eta}}};
const std::array<OptionRange, 2> kMedianOptions{{{.name = "grace",
                                                  .high = kMaxIterations,
                                                  .help = "The first iteration that is judged",
                                                  .otherwise = MedianScheduler::Options{}.grace},
                                                 {.name = "samples",
                                                  .high = 1'000'000,
                                                  .help = "Others that must have reported at an iteration",
                                                  .otherwise = MedianScheduler::Options{}.samples}}};
const std::array<OptionRange, 2> kIEpochOptions{{{.name = "i",
                                                  .high = kMaxIterations,
                                                  .help = "Iterations that every trial gets",
                                                  .otherwise = IEpochScheduler::Options{}.iterations},
                                                 {.name = "best",
                                                  .high = 1'000'000'000,
                                                  .help = "How many go on to their end",
                                                  .otherwise = IEpochScheduler::Options{}.best}}};

Result<AshaScheduler::Options> read_asha(const Request& request) {
  AshaScheduler::Options options;
  const std::int64_t max_t =
      std::clamp<std::int64_t>(request.setup.max_iterations.value_or(options.max_t), 1, kMaxIterations);
  MANTA_ASSIGN_OR_RETURN(options.max_t, request.options.read("max_t", max_t));
  MANTA_ASSIGN_OR_RETURN(options.eta, request.options.read("eta", options.eta));
  MANTA_ASSIGN_OR_RETURN(options.grace, request.options.read("grace", options.grace, options.max_t));
  return options;
}

Made make_fifo(const Request& request) {
  return std::unique_ptr<TrialScheduler>(std::make_unique<FifoScheduler>(request.setup.objective));
}
Made make_asha(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(AshaScheduler::Options options, read_asha(request));
  options.cost = request.options.read_text("cost");
  return std::unique_ptr<TrialScheduler>(std::make_unique<AshaScheduler>(request.setup.objective, options));
}
Made make_asha_promote(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, read_asha(request));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AshaPromoteScheduler>(request.setup.objective, options));
}
Made make_hyperband(const Request& request) {
  HyperbandScheduler::Options options;
  const std::int64_t max_t =
      std::clamp<std::int64_t>(request.setup.max_iterations.value_or(options.max_t), 1, kMaxIterations);
  MANTA_ASSIGN_OR_RETURN(options.max_t, request.options.read("max_t", max_t));
  MANTA_ASSIGN_OR_RETURN(options.eta, request.options.read("eta", options.eta));
  return std::unique_ptr<TrialScheduler>(std::make_unique<HyperbandScheduler>(request.setup.objective, options));
}
Made make_async_hyperband(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, read_asha(request));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AsyncHyperbandScheduler>(request.setup.objective, options));
}
Made make_median(const Request& request) {
  MedianScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.grace, request.options.read("grace", options.grace));
  MANTA_ASSIGN_OR_RETURN(options.samples, request.options.read("samples", options.samples));
  return std::unique_ptr<TrialScheduler>(std::make_unique<MedianScheduler>(request.setup.objective, options));
}
Made make_i_epoch(const Request& request) {
  IEpochScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.iterations, request.options.read("i", options.iterations));
  MANTA_ASSIGN_OR_RETURN(options.best, request.options.read("best", options.best));
  return std::unique_ptr<TrialScheduler>(std::make_unique<IEpochScheduler>(request.setup.objective, options));
}
Made make_freeze_thaw(const Request& request) {
  if (request.setup.space == nullptr)
    return invalid_request("scheduler", request.text, "it learns from hyperparameters, so it needs a search space");
  FreezeThawScheduler::Options options{.seed = request.setup.seed};
  const std::int64_t max_t =
      std::clamp<std::int64_t>(request.setup.max_iterations.value_or(options.max_t), 1, kMaxIterations);
  MANTA_ASSIGN_OR_RETURN(options.max_t, request.options.read("max_t", max_t));
  return std::unique_ptr<TrialScheduler>(
      std::make_unique<FreezeThawScheduler>(request.setup.objective, *request.setup.space, options));
}

Made make_pbt(const Request& request, bool synchronous, bool bandit = false) {
  if (request.setup.space == nullptr)
    return invalid_request("scheduler", request.text, "it changes hyperparameters, so it needs a search space");
  PbtScheduler::Options options{
      .synchronous = synchronous, .bandit = bandit, .max_trials = request.setup.max_trials, .seed = request.setup.seed};
  MANTA_ASSIGN_OR_RETURN(options.interval, request.options.read("interval", options.interval));
  MANTA_ASSIGN_OR_RETURN(options.quantile, request.options.read_real("quantile", options.quantile));
  MANTA_ASSIGN_OR_RETURN(options.resample, request.options.read_real("resample", options.resample));
  return std::unique_ptr<TrialScheduler>(
      std::make_unique<PbtScheduler>(request.setup.objective, *request.setup.space, options));
}
Made make_pbt_async(const Request& request) { return make_pbt(request, false); }
Made make_pbt_sync(const Request& request) { return make_pbt(request, true); }
Made make_pb2(const Request& request) { return make_pbt(request, false, true); }
Made make_pbt_replay(const Request& request) {
  const std::string directory = request.options.read_text("from");
  if (directory.empty() || !request.setup.read_snapshot)
    return invalid_request("scheduler", request.text, "say whose schedule: from=DIRECTORY of a finished experiment");
  MANTA_ASSIGN_OR_RETURN(const Snapshot snapshot, request.setup.read_snapshot(directory));
  MANTA_ASSIGN_OR_RETURN(PbtSchedule schedule, PbtSchedule::from_snapshot(snapshot));
  return std::unique_ptr<TrialScheduler>(
      std::make_unique<PbtReplayScheduler>(request.setup.objective, std::move(schedule)));
}
Made make_patience(const Request& request) {
  PatienceScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.reports, request.options.read("reports", options.reports));
  MANTA_ASSIGN_OR_RETURN(options.delta, request.options.read_real("delta", options.delta));
  return std::unique_ptr<TrialScheduler>(std::make_unique<PatienceScheduler>(request.setup.objective, options));
}
Made make_plateau(const Request& request) {
  PlateauScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.reports, request.options.read("reports", options.reports));
  MANTA_ASSIGN_OR_RETURN(options.std, request.options.read_real("std", options.std));
  MANTA_ASSIGN_OR_RETURN(options.grace, request.options.read("grace", options.grace));
  return std::unique_ptr<TrialScheduler>(std::make_unique<PlateauScheduler>(request.setup.objective, options));
}
Made make_threshold(const Request& request) {
  if (!request.options.has("value"))
    return invalid_request("scheduler", request.text, "say how good a trial must be: value=NUMBER");
  ThresholdScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.at, request.options.read("at", options.at));
  MANTA_ASSIGN_OR_RETURN(options.value, request.options.read_real("value", options.value));
  return std::unique_ptr<TrialScheduler>(std::make_unique<ThresholdScheduler>(request.setup.objective, options));
}

struct Entry {
  SchedulerKind kind;
  Made (*make)(const Request&);
  std::string_view example;  // Of its options.
};
const std::vector<Entry> kSchedulers{
    {{"fifo", "Lets every trial run to its end", {}, true}, make_fifo, ""},
    {{"asha",
      "Stops at iterations grace, grace eta, grace eta^2, … whoever is not among the best 1/eta of those that came "
      "there",
      kAshaStopOptions, true},
     make_asha,
     "grace=1,eta=4,max_t=100"},
    {{"asha-promote",
      "Pauses every trial at the rungs of `asha` and lets the best 1/eta go on, the furthest first; needs checkpoints",
      kAshaOptions},
     make_asha_promote,
     "grace=1,eta=4"},
    {{"hyperband",
      "Brackets of trials that pause at each rung until all of them are there; then the best 1/eta go on; needs "
      "checkpoints",
      kHyperbandOptions},
     make_hyperband,
     "max_t=81,eta=3"},
    {{"async-hyperband",
      "Several brackets of `asha`, which begin to judge at grace, at grace eta, at grace eta^2 and so on", kAshaOptions,
      true},
     make_async_hyperband,
     "grace=1,eta=3"},
    // HyperBand's brackets and a searcher that learns from each report's iteration: Falkner et al. 2018.
    {{"bohb", "The brackets of `hyperband`, for a searcher that learns from trials of different lengths",
      kHyperbandOptions},
     make_hyperband,
     "max_t=81,eta=3"},
    {{"median", "Stops a trial whose best value is worse than the median of the others' running means", kMedianOptions,
      true},
     make_median,
     "grace=1,samples=3"},
    {{"i-epoch", "Pauses every trial after i iterations, then lets the best go on to their end; needs checkpoints",
      kIEpochOptions},
     make_i_epoch,
     "i=1,best=10"},
    {{"freeze-thaw",
      "Pauses trials, and lets go on whoever promises most for what it still costs by a model of all curves; needs "
      "checkpoints",
      kFreezeThawOptions},
     make_freeze_thaw,
     "max_t=100"},
    {{"pbt",
      "All trials are one population: at each interval one of the worst goes on from the weights of one of the best, "
      "its hyperparameters changed; needs checkpoints",
      kPbtOptions},
     make_pbt_async,
     "interval=5,quantile=0.25,resample=0.25"},
    {{"pbt-sync", "As `pbt`, but at each interval all wait for all", kPbtOptions}, make_pbt_sync, "interval=5"},
    {{"pb2",
      "As `pbt`, but the numbers of a copy are those that a model of all gains so far promises most from; choices "
      "change as in `pbt`",
      kPbtOptions},
     make_pb2,
     "interval=5,quantile=0.25"},
    {{"pbt-replay",
      "Trains with the hyperparameters over time that the best trial of a `pbt` experiment had; needs checkpoints",
      kPbtReplayOptions},
     make_pbt_replay,
     "from=runs/pbt"},
    {{"patience", "Stops a trial whose best value has not become better in so many reports", kPatienceOptions, true},
     make_patience,
     "reports=10,delta=0"},
    {{"plateau", "Stops a trial whose last values hardly differ", kPlateauOptions, true},
     make_plateau,
     "reports=4,std=0.01,grace=1"},
    {{"threshold", "Stops a trial that is not good enough by a given iteration", kThresholdOptions, true},
     make_threshold,
     "at=5,value=0.9"}};

std::string known_schedulers() {
  std::string text = "known are";
  for (const Entry& entry : kSchedulers) {
    text += (&entry == &kSchedulers.front() ? " \"" : ", \"") + std::string(entry.kind.name) + "\"";
    if (!entry.example.empty()) text += " (:" + std::string(entry.example) + ")";
  }
  return text;
}

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kSchedulers) names.emplace_back(entry.kind.name);
  return names;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Made make_one(std::string_view text, const SchedulerSetup& setup, bool may_only_stop) {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto entry =
      std::find_if(kSchedulers.begin(), kSchedulers.end(), [&](const Entry& each) { return each.kind.name == name; });
  if (entry == kSchedulers.end())
    return invalid_request("scheduler", text,
                           "there is no such scheduler" + did_you_mean(name, scheduler_names()) + "; " + known_schedulers());
  if (may_only_stop && !entry->kind.only_stops)
    return invalid_request("scheduler", text, "it may do more than stop trials, so it has to stand before the first +");
  MANTA_ASSIGN_OR_RETURN(const NamedOptions options, NamedOptions::parse("scheduler", text, entry->kind.options));
  return entry->make({text, options, setup});
}

}  // namespace

std::vector<SchedulerKind> scheduler_kinds() {
  std::vector<SchedulerKind> kinds;
  for (const Entry& entry : kSchedulers) kinds.push_back(entry.kind);
  return kinds;
}

Result<std::unique_ptr<TrialScheduler>> make_scheduler(std::string_view text, const SchedulerSetup& setup) {
  if (text.find('+') == std::string_view::npos) return make_one(text, setup, false);
  std::vector<std::unique_ptr<TrialScheduler>> parts;
  for (std::string_view rest = text;;) {
    const std::size_t plus = rest.find('+');
    MANTA_ASSIGN_OR_RETURN(auto part, make_one(trimmed(rest.substr(0, plus)), setup, !parts.empty()));
    parts.push_back(std::move(part));
    if (plus == std::string_view::npos) break;
    rest = rest.substr(plus + 1);
  }
  return std::unique_ptr<TrialScheduler>(std::make_unique<CombinedScheduler>(std::move(parts)));
}

}  // namespace manta
