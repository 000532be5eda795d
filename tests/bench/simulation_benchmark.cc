// SPDX-License-Identifier: Apache-2.0
// The loop alone, in virtual time and without a disk: one row in each run of the program, printed as lines of JSON.
// docs/benchmarks.md says what each means.
#include "tests/bench/simulation_benchmark.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tests/bench/benchmark_support.h"
#include "tune/loop/recorded_trials.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta::bench {
namespace {

constexpr int kWorkers = 64;

// Curves that fall to a floor, at speeds and in iterations of different lengths.
std::vector<RecordedTrial> some_trials(std::int64_t count, std::int64_t iterations) {
  std::vector<RecordedTrial> trials(static_cast<std::size_t>(count));
  for (std::int64_t trial = 0; trial < count; ++trial) {
    RandomStream random(1, hash_name("benchmark"), static_cast<std::uint32_t>(trial));
    const double x = random.uniform();
    const double seconds = 0.5 + random.uniform();
    RecordedTrial& recorded = trials[static_cast<std::size_t>(trial)];
    recorded.config = Config{{"x", x}};
    for (std::int64_t iteration = 1; iteration <= iterations; ++iteration) {
      const double loss = x + std::exp(-0.1 * static_cast<double>(iteration)) + 0.01 * random.uniform();
      recorded.iterations.push_back({seconds, {{"loss", loss}}});
    }
  }
  return trials;
}

// By CPU time.
double reports_per_second(RecordedTrials& recorded, const char* scheduler_name) {
  const std::int64_t iterations = std::ssize(recorded.trials().front().iterations);
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = std::ssize(recorded.trials());
  options.max_iterations = iterations;
  options.concurrency = kWorkers;
  RecordedSearcher searcher(recorded.trials(), /*seed=*/0);
  const auto judge =
      make_scheduler(scheduler_name, {.objective = options.objective, .max_iterations = iterations}).value();
  UnsavedScheduler scheduler(*judge);
  const auto executor = recorded.executor(kWorkers);
  ForgetfulSink sink;
  CountingObserver counter;
  TuneLoop loop(options, {searcher, scheduler, *executor, sink, counter});
  const double us =
      time_us([&] { MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the simulation has not come to its end"); });
  return static_cast<double>(counter.reports) / us * 1e6;
}

void measure_reports(std::string_view name) {
  RecordedTrials recorded(some_trials(20'000, 81), parse_space(R"({"x": {"float": [0, 1]}})").value());
  print(std::string(name) + "_fifo", reports_per_second(recorded, "fifo"), "reports/s");
  print(std::string(name) + "_asha", reports_per_second(recorded, "asha:eta=3"), "reports/s");
}

// Marks at which trial what had been spent.
class Meter final : public LoopObserver {
 public:
  struct Mark {
    std::int64_t trial = 0;
    std::int64_t reports = 0;
    double us = 0;
    double bytes = 0;
  };

  /// `at`: rising numbers of trials.
  explicit Meter(std::vector<std::int64_t> at) : at_(std::move(at)) {}

  void on_trial(const TrialStatus& trial, const Progress&) override {
    if (marks.size() < at_.size() && trial.id.number == at_[marks.size()])
      marks.push_back({trial.id.number, reports_, cpu_us(), heap_bytes()});
  }
  void on_report(const Report&, const Progress&) override { ++reports_; }
  void on_new_best(const TrialStatus&, const Progress&) override {}
  void on_tick(const Progress&) override {}

  std::vector<Mark> marks;

 private:
  const std::vector<std::int64_t> at_;
  std::int64_t reports_ = 0;
};

// What 100,000 random trials under ASHA cost.
struct DecisionCost {
  double first_us = 0;  // CPU time per report around trial 1,000,
  double last_us = 0;   // and before the last ones.
  double bytes_per_trial = 0;
};

DecisionCost decision_cost() {
  constexpr std::int64_t kTrials = 100'000;
  constexpr std::int64_t kIterations = 9;
  const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = kTrials;
  options.max_iterations = kIterations;
  options.concurrency = kWorkers;
  const auto searcher = make_searcher("random", {.space = &space, .objective = options.objective}).value();
  const auto judge =
      make_scheduler("asha:eta=3", {.objective = options.objective, .max_iterations = kIterations}).value();
  UnsavedScheduler scheduler(*judge);
  SimulatedExecutor executor(
      [](const Config& config, TrialId, std::int64_t iteration) {
        const double loss = config["x"].as<double>() + 1.0 / static_cast<double>(iteration);
        return std::optional(Stepped{.metrics = {{"loss", loss}}, .seconds = 1});
      },
      {.slots = kWorkers});
  ForgetfulSink sink;
  // Two thousand trials around the thousandth and before the last: too few reports would measure the clock.
  Meter meter({100, 2'000, 97'900, 99'800});
  TuneLoop loop(options, {*searcher, scheduler, executor, sink, meter});
  MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the simulation has not come to its end");
  MANTA_CHECK(meter.marks.size() == 4, "not all trials have begun");
  const auto per_report = [&](std::size_t from) {
    const Meter::Mark &a = meter.marks[from], &b = meter.marks[from + 1];
    return (b.us - a.us) / static_cast<double>(b.reports - a.reports);
  };
  const Meter::Mark &early = meter.marks[1], &late = meter.marks[2];
  const double bytes = (late.bytes - early.bytes) / static_cast<double>(late.trial - early.trial);
  return {per_report(0), per_report(2), bytes};
}

// The medians of several runs: each takes the time of a few milliseconds. The first run, which warms up, is left out.
void measure_decisions(std::string_view name) {
  constexpr int kRuns = 9;
  std::vector<double> first, last, bytes;
  decision_cost();
  for (int run = 0; run < kRuns; ++run) {
    const DecisionCost cost = decision_cost();
    first.push_back(cost.first_us);
    last.push_back(cost.last_us);
    bytes.push_back(cost.bytes_per_trial);
  }
  print(name, quantile(first, 0.5), "us");
  print(std::string(name) + ".last", quantile(last, 0.5), "us");
  print("bytes_per_trial", quantile(bytes, 0.5), "bytes");
}

// 20,000 trials of 100 ms in 64 slots: the share of the slots' virtual time that trials have run.
void measure_slots(std::string_view name) {
  constexpr std::int64_t kTrials = 20'000;
  constexpr double kSeconds = 0.1;
  const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = kTrials;
  options.max_iterations = 1;
  options.concurrency = kWorkers;
  const auto searcher = make_searcher("random", {.space = &space, .objective = options.objective}).value();
  const auto judge = make_scheduler("fifo", {.objective = options.objective}).value();
  UnsavedScheduler scheduler(*judge);
  SimulatedExecutor executor(
      [](const Config& config, TrialId, std::int64_t) {
        return std::optional(Stepped{.metrics = {{"loss", config["x"].as<double>()}}, .seconds = kSeconds});
      },
      {.slots = kWorkers});
  ForgetfulSink sink;
  CountingObserver counter;
  TuneLoop loop(options, {*searcher, scheduler, executor, sink, counter});
  MANTA_CHECK(loop.run().value() == LoopEnd::kFinished, "the simulation has not come to its end");
  const double elapsed = to_seconds(executor.clock().now().time_since_epoch());
  print(name, 100 * static_cast<double>(kTrials) * kSeconds / (kWorkers * elapsed), "%");
}

struct SimulationRow {
  std::string_view name;
  void (*run)(std::string_view name);
};

void measure_taskset_of_20(std::string_view name) { measure_taskset(name, 20); }
void measure_taskset_of_200(std::string_view name) { measure_taskset(name, 200); }

constexpr SimulationRow kRows[] = {{"simulated_reports", measure_reports},
                                   {"simulated_schedulers", measure_schedulers},
                                   {"decision", measure_decisions},
                                   {"simulated_slots_busy", measure_slots},
                                   {"taskset", measure_taskset_of_20},
                                   {"taskset_200", measure_taskset_of_200}};

int run(std::string_view name) {
  for (const SimulationRow& row : kRows) {
    if (row.name == name) return row.run(name), 0;
  }
  std::fputs("usage: manta_simulation_benchmark ROW, where ROW is one of\n", stderr);
  for (const SimulationRow& row : kRows) std::fprintf(stderr, "  %s\n", row.name.data());
  return 2;
}

}  // namespace
}  // namespace manta::bench

int main(int argc, char** argv) { return manta::bench::run(argc == 2 ? argv[1] : ""); }
