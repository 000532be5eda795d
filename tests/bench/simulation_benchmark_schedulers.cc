// SPDX-License-Identifier: Apache-2.0
// Schedulers in virtual time: what their decisions cost, and what they keep of trials that have ended.
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/check.h"
#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tests/bench/benchmark_support.h"
#include "tests/bench/simulation_benchmark.h"
#include "tune/loop/simulated_executor.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta::bench {
namespace {

constexpr std::int64_t kFullLength = 81;

// A scheduler and how many trials it is tried with: a population is never as large as a search.
struct SchedulerCase {
  const char* name;
  const char* text;
  std::int64_t trials;
  int workers;
};

constexpr SchedulerCase kCases[] = {{"median", "median", 4'000, 64},
                                    {"i_epoch", "i-epoch:i=3,best=100", 20'000, 64},
                                    {"hyperband", "hyperband:eta=3", 20'000, 64},
                                    {"bohb", "bohb:eta=3", 20'000, 64},
                                    {"pbt", "pbt:interval=5", 500, 500},
                                    {"pbt_sync", "pbt-sync:interval=5", 500, 500},
                                    {"pb2", "pb2:interval=5", 64, 64}};

struct SimulationCost {
  double reports_per_second = 0;  // Of CPU time.
  double heap_bytes = 0;          // That the run has added, when all trials have ended.
};

SimulationCost simulate(const SchedulerCase& kind, std::int64_t trials) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}})").value();
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = trials;
  options.max_iterations = kFullLength;
  options.concurrency = kind.workers;
  const double before = heap_bytes();
  const auto searcher = make_searcher("random", {.space = &space, .objective = options.objective}).value();
  const auto judge = make_scheduler(kind.text, {.objective = options.objective,
                                                .max_iterations = kFullLength,
                                                .space = &space,
                                                .max_trials = trials})
                         .value();
  UnsavedScheduler scheduler(*judge);
  SimulatedExecutor executor(
      [](const Config& config, TrialId trial, std::int64_t iteration) {
        RandomStream random(static_cast<std::uint64_t>(trial.number), static_cast<std::uint64_t>(iteration));
        const double loss = config["x"].as<double>() + std::exp(-0.1 * static_cast<double>(iteration)) +
                            0.01 * random.uniform();
        return std::optional(Stepped{.metrics = {{"loss", loss}}, .seconds = 0.5 + random.uniform()});
      },
      {.slots = kind.workers});
  ForgetfulSink sink;
  CountingObserver counter;
  TuneLoop loop(options, {*searcher, scheduler, executor, sink, counter});
  const double begin = cpu_us();
  MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the simulation has not come to its end");
  const double us = cpu_us() - begin;
  return {static_cast<double>(counter.reports) / us * 1e6, heap_bytes() - before};
}

}  // namespace

// What a trial leaves is what half of them leave less: so what a run needs in any case does not count.
void measure_schedulers(std::string_view name) {
  for (const SchedulerCase& kind : kCases) {
    const std::string row = std::string(name) + "_" + kind.name;
    const SimulationCost half = simulate(kind, kind.trials / 2);
    const SimulationCost whole = simulate(kind, kind.trials);
    const auto more = static_cast<double>(kind.trials - kind.trials / 2);
    print(row, whole.reports_per_second, "reports/s");
    print(row + ".bytes_per_trial", (whole.heap_bytes - half.heap_bytes) / more, "bytes");
  }
}

}  // namespace manta::bench
