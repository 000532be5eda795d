// SPDX-License-Identifier: Apache-2.0
// How fast recorded trials run again in virtual time: ASHA with 64 workers over 20,000 trials. Prints one line of JSON.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "tune/loop/recorded_trials.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace {

using namespace manta;

constexpr std::int64_t kTrials = 20'000;
constexpr std::int64_t kIterations = 81;
constexpr int kWorkers = 64;

// Curves that fall to a floor, at speeds and in iterations of different lengths.
std::vector<RecordedTrial> some_trials() {
  std::vector<RecordedTrial> trials(kTrials);
  for (std::int64_t trial = 0; trial < kTrials; ++trial) {
    RandomStream random(1, hash_name("benchmark"), static_cast<std::uint32_t>(trial));
    const double x = random.uniform();
    const double seconds = 0.5 + random.uniform();
    RecordedTrial& recorded = trials[static_cast<std::size_t>(trial)];
    recorded.config = Config{{"x", x}};
    for (std::int64_t iteration = 1; iteration <= kIterations; ++iteration) {
      const double loss = x + std::exp(-0.1 * static_cast<double>(iteration)) + 0.01 * random.uniform();
      recorded.iterations.push_back({seconds, {{"loss", loss}}});
    }
  }
  return trials;
}

double reports_per_second(RecordedTrials& recorded, const char* scheduler_name) {
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = kTrials;
  options.max_iterations = kIterations;
  options.concurrency = kWorkers;
  RecordedSearcher searcher(recorded.trials(), /*seed=*/0);
  const auto judge =
      make_scheduler(scheduler_name, {.objective = options.objective, .max_iterations = kIterations}).value();
  UnsavedScheduler scheduler(*judge);
  const auto executor = recorded.executor(kWorkers);
  ForgetfulSink sink;
  CountingObserver counter;
  TuneLoop loop(options, {searcher, scheduler, *executor, sink, counter});
  const auto begin = std::chrono::steady_clock::now();
  MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the simulation has not come to its end");
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(counter.reports) / elapsed.count();
}

}  // namespace

int main() {
  Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  RecordedTrials recorded(some_trials(), std::move(space));
  for (const auto& [name, scheduler] : {std::pair{"simulated_fifo", "fifo"}, {"simulated_asha", "asha:eta=3"}}) {
    std::printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"reports/s\"}\n", name,
                reports_per_second(recorded, scheduler));
  }
  return 0;
}
