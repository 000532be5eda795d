// SPDX-License-Identifier: Apache-2.0
// Reports per second through ResultsWriter, each durable at the end; and what one report costs on its own.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "tune/results/results_writer.h"

namespace manta {
namespace {

namespace fs = std::filesystem;

/// An empty experiment below the working directory, where a disk is and not, as in /tmp of some machines, memory.
class Experiment {
 public:
  Experiment() {
    std::string pattern = (fs::current_path() / "results_benchmark_XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~Experiment() { fs::remove_all(root_); }

  ResultStore create() const {
    const ExperimentSpec spec = {.name = "benchmark", .objective = {.metric = "loss"}, .json = "{}"};
    return ResultStore::create(root_ / "experiment", spec).value();
  }
  double database_megabytes() const {
    return static_cast<double>(fs::file_size(root_ / "experiment/experiment.db")) / 1e6;
  }

 private:
  fs::path root_;
};

void start_trials(ResultsWriter& writer, std::int64_t trials) {
  for (std::int64_t trial = 0; trial < trials; ++trial) {
    TrialStatus status;
    status.id = {trial};
    status.config = Config{{"lr", 0.5}};
    status.state = TrialState::kRunning;
    status.attempt = 1;
    writer.record(TrialChanged{std::move(status), WallTime{}});
    writer.record(AttemptStarted{.trial = {trial}, .when = WallTime{}});
  }
}

// The reports go round the trials.
Reported report_of(std::int64_t index, std::int64_t metrics, std::int64_t trials) {
  static const std::vector<std::string> kNames = {"loss", "accuracy", "f1", "recall"};
  const double value = 1.0 / static_cast<double>(index + 3);
  Reported reported = {.report = {.trial = {index % trials}, .iteration = index / trials + 1, .seconds = value}};
  for (std::int64_t metric = 0; metric < metrics; ++metric) {
    reported.report.metrics.set(kNames[static_cast<std::size_t>(metric)], value + static_cast<double>(metric));
  }
  return reported;
}

/// Arguments: metrics per report, and trials. The time is from the first record() to the close of the database;
/// record() waits while the writer's queue is full.
void results_writer_throughput(benchmark::State& state) {
  constexpr std::int64_t kReports = 300'000;
  double megabytes = 0;
  for ([[maybe_unused]] auto iteration : state) {
    state.PauseTiming();
    const Experiment experiment;
    {
      ResultsWriter writer(experiment.create());
      start_trials(writer, state.range(1));
      state.ResumeTiming();
      for (std::int64_t index = 0; index < kReports; ++index) {
        writer.record(report_of(index, state.range(0), state.range(1)));
      }
      if (!writer.close()) state.SkipWithError("storage failed");
      state.PauseTiming();
    }
    megabytes = experiment.database_megabytes();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kReports);
  state.counters["MB_per_M_reports"] = megabytes * 1e6 / kReports;
}
BENCHMARK(results_writer_throughput)
    ->ArgNames({"metrics", "trials"})
    ->Args({1, 1})
    ->Args({1, 8})
    ->Args({1, 64})
    ->Args({2, 8})
    ->Args({4, 8})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// From record() to on_durable of one report, with nothing else under way.
void results_writer_latency(benchmark::State& state) {
  const Experiment experiment;
  std::mutex mutex;
  std::condition_variable durable;
  ResultsWriter writer(experiment.create(), {.on_durable = [&] {
                         const std::lock_guard lock(mutex);
                         durable.notify_one();
                       }});
  constexpr std::int64_t kTrials = 8;
  start_trials(writer, kTrials);
  std::int64_t index = 0;
  for ([[maybe_unused]] auto iteration : state) {
    const std::uint64_t number = writer.record(report_of(index++, 1, kTrials));
    std::unique_lock lock(mutex);
    durable.wait(lock, [&] { return writer.durable() >= number; });
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(results_writer_latency)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace manta
