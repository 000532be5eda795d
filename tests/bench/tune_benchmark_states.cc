// SPDX-License-Identifier: Apache-2.0
// A large state on its way from one trial to another, and out of a trial and back: the loop, actors and results as
// tune_run() puts them together, with a scheduler that does nothing else.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tests/bench/benchmark_support.h"
#include "tests/bench/tune_benchmark.h"
#include "tune/actor/actor_executor.h"
#include "tune/loop/tune_loop.h"
#include "tune/results/results_writer.h"

namespace {

constexpr std::size_t kStateBytes = 50'000'000;
// Between two states, so that a disk of 200 MB/s, to which they go behind the trials, keeps up.
constexpr std::chrono::milliseconds kStep{300};
constexpr std::int64_t kIterations = 60;

// A trial with a large state, which nothing but save() and load() look at. The metric `loaded` is 1 in the first report
// after a load().
class Heavy : public manta::Trainable {
 public:
  void setup(const manta::Config& config) override {
    x_ = config["x"].as<double>();
    state_.assign(kStateBytes, std::byte{1});
  }
  bool reset(const manta::Config& config) override { return x_ = config["x"].as<double>(), true; }
  // What follows a load() at once shows how long that took; every other iteration takes its time, as trials do.
  manta::Metrics step() override {
    if (loaded_ == 0) std::this_thread::sleep_for(kStep);
    return {{"loss", x_}, {"loaded", std::exchange(loaded_, 0)}};
  }
  void save(manta::CheckpointWriter& out) override { out.write_bytes("state", state_); }
  void load(const manta::CheckpointReader& in) override {
    in.read_bytes("state", state_);
    loaded_ = 1;
  }

 private:
  double x_ = 0;
  double loaded_ = 0;
  std::vector<std::byte> state_;
};
MANTA_TRAINABLE(Heavy);

}  // namespace

namespace manta::bench {
namespace {

// Takes the time of every report, and of every pause.
class Stopwatch final : public LoopObserver {
 public:
  void on_trial(const TrialStatus& trial, const Progress&) override {
    if (trial.state != TrialState::kPaused) return;
    pauses.push_back(since_last(trial.id));
    last_event_ = now_us();
  }
  void on_report(const Report& report, const Progress&) override {
    if (report.metrics.find("loaded") == 1.0) loads.push_back(now_us() - last_event_);
    since_last(report.trial);
    last_event_ = now_us();
  }
  void on_new_best(const TrialStatus&, const Progress&) override {}
  void on_tick(const Progress&) override {}

  std::vector<double> pauses;  // Microseconds from a trial's report to its pause,
  // and from there, or from the last report of any trial, to its first report after a load(). A trial whose state
  // another one takes over saves it after its next report: the iteration it is in is not counted.
  std::vector<double> loads;

 private:
  double since_last(TrialId trial) {
    const double now = now_us();
    return now - std::exchange(last_[trial], now);
  }

  std::map<TrialId, double> last_;
  double last_event_ = 0;
};

// Pauses every trial at every second report, and resumes it at once.
class PauseAlways final : public TrialScheduler {
 public:
  Result<std::vector<Order>> on_report(const Report& report, TrialsView) override {
    if (report.iteration % 2 != 0) return std::vector<Order>{};
    return std::vector<Order>{{report.trial, Pause{}}};
  }
  void on_end(TrialId, TrialState) override {}
  std::optional<TrialId> next_to_resume(TrialsView trials, bool) const override {
    const auto paused = std::ranges::find(trials, TrialState::kPaused, &TrialStatus::state);
    return paused == trials.end() ? std::nullopt : std::optional(paused->id);
  }
  Snapshot save() const override { return {"{}"}; }
  Result<void> restore(const Snapshot&) override { return {}; }
};

// One experiment of `trials` trials at once.
void watch(Stopwatch& stopwatch, const Space& space, TrialScheduler& scheduler, std::int64_t trials) {
  const ScratchFolder folder;
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = trials;
  options.max_iterations = kIterations;
  options.concurrency = static_cast<int>(trials);
  options.wait_for_durable_reports = true;
  const auto searcher = make_searcher("random", {.space = &space, .objective = options.objective}).value();
  const std::filesystem::path directory = folder.path() / "experiment";
  ResultStore store =
      ResultStore::create(directory, {.name = "states", .objective = options.objective, .json = "{}"}).value();
  const auto executor = ActorExecutor::create({.trainable = "Heavy", .log_directory = directory / "logs"}).value();
  ResultsWriter writer(std::move(store),
                       {.commits_when_told = true, .on_durable = [&executor] { executor->interrupt(); }});
  TuneLoop loop(options, {*searcher, scheduler, *executor, writer, stopwatch});
  MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the experiment has not come to its end");
  MANTA_CHECK(writer.close().has_value(), "the results are not on disk");
}

void print_median(std::string_view name, const std::vector<double>& us) {
  MANTA_CHECK(!us.empty(), "nothing was measured");
  print(name, quantile(us, 0.5) / 1e3, "ms");
}

// Two trials; at each second report the worse one takes over the state of the better one.
void pbt_exploit_50_mb(std::string_view name, std::int64_t experiments) {
  const Space space = parse_space(kSmallSpace).value();
  const SchedulerSetup setup{
      .objective = {"loss", Mode::kMin}, .max_iterations = kIterations, .space = &space, .max_trials = 2};
  std::vector<double> exploits;
  for (std::int64_t i = 0; i < experiments; ++i) {
    const auto scheduler = make_scheduler("pbt:interval=2,quantile=0.5", setup).value();
    Stopwatch stopwatch;
    watch(stopwatch, space, *scheduler, 2);
    exploits.insert(exploits.end(), stopwatch.loads.begin(), stopwatch.loads.end());
  }
  print_median(name, exploits);
}

// From a report to the free slot, and from there to the first report of the resumed trial.
void pause_50_mb(std::string_view name, std::int64_t experiments) {
  const Space space = parse_space(kSmallSpace).value();
  std::vector<double> pauses;
  std::vector<double> resumes;
  for (std::int64_t i = 0; i < experiments; ++i) {
    PauseAlways scheduler;
    Stopwatch stopwatch;
    watch(stopwatch, space, scheduler, 1);
    pauses.insert(pauses.end(), stopwatch.pauses.begin(), stopwatch.pauses.end());
    resumes.insert(resumes.end(), stopwatch.loads.begin(), stopwatch.loads.end());
  }
  print_median(name, pauses);
  print_median("resume_50_mb", resumes);
}

}  // namespace

std::vector<TuneRow> state_rows() {
  return {{"pbt_exploit_50_mb", pbt_exploit_50_mb, 1}, {"pause_50_mb", pause_50_mb, 1}};
}

}  // namespace manta::bench
