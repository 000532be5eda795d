// SPDX-License-Identifier: Apache-2.0
// Schedulers on real learning curves: six tasks of TaskSet, 1,000 configurations and 50 iterations each, in virtual
// time of one unit per iteration. Four workers, a budget of 2,000 iterations.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "schedulers/make_scheduler.h"
#include "tests/bench/benchmark_support.h"
#include "tests/bench/simulation_benchmark.h"
#include "tune/loop/recorded_trials.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTasks[] = {"GRU128",  "IRNN64_relu_avg", "LSTM128_E128",
                                  "LSTM128", "VRNN128_tanh",    "VRNN64_relu_avg"};
constexpr std::int64_t kBudget = 2000;
constexpr std::int64_t kIterations = 50;
constexpr int kWorkers = 4;
constexpr std::array<double, 4> kParts = {0.10, 0.25, 0.50, 1.0};  // Of the budget.
using Regrets = std::array<double, kParts.size()>;

// The text of a file that gzip compressed, or none.
std::optional<std::string> decompressed(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(("gzip -dc '" + path.string() + "'").c_str(), "r"),
                                                             ::pclose);
  std::string text;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) {
    text.append(buffer, count);
  }
  return text;
}

// The least value of all, and the median of those at the ends; one that is not finite is worse than any other.
struct Scale {
  double best = std::numeric_limits<double>::infinity();
  double median = 0;

  // 0: the best; 1: no better than half of all configurations become.
  double regret(double value) const { return std::min(1.0, (value - best) / (median - best)); }
};

Scale scale_of(const CurveTable& table) {
  Scale scale;
  std::vector<double> ends;
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (const double value : table.curve(row).subspan(1)) {
      if (std::isfinite(value)) scale.best = std::min(scale.best, value);
    }
    const double end = table.curve(row).back();
    ends.push_back(std::isfinite(end) ? end : std::numeric_limits<double>::infinity());
  }
  scale.median = quantile(ends, 0.5);
  return scale;
}

// The regret of the best value that has been seen when each part of the budget was spent.
class RegretObserver final : public LoopObserver {
 public:
  explicit RegretObserver(const Scale& scale) : scale_(scale) {}

  void on_trial(const TrialStatus&, const Progress&) override {}
  void on_report(const Report& report, const Progress&) override {
    const double value = report.metrics.find("loss").value();
    if (std::isfinite(value)) best_ = std::min(best_, value);
    ++reports_;
    for (std::size_t part = 0; part < kParts.size(); ++part) {
      if (static_cast<double>(reports_) <= kParts[part] * static_cast<double>(kBudget))
        regrets[part] = scale_.regret(best_);
    }
  }
  void on_new_best(const TrialStatus&, const Progress&) override {}
  void on_tick(const Progress&) override {}

  Regrets regrets{1, 1, 1, 1};

 private:
  const Scale scale_;
  double best_ = std::numeric_limits<double>::infinity();
  std::int64_t reports_ = 0;
};

Regrets regrets_of(const CurveTable& table, const char* scheduler_text, std::uint64_t seed) {
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = static_cast<std::int64_t>(table.size());
  options.max_iterations = kIterations;
  options.concurrency = kWorkers;
  options.time_budget = std::chrono::seconds(kBudget / kWorkers);
  RecordedSearcher searcher(recorded_trials(table, "loss"), seed);
  const auto judge = make_scheduler(scheduler_text, {.objective = options.objective,
                                                     .max_iterations = kIterations,
                                                     .max_trials = options.max_trials,
                                                     .seed = seed})
                         .value();
  UnsavedScheduler scheduler(*judge);
  SimulatedExecutor executor(table.step_function("loss"), {.slots = kWorkers});
  ForgetfulSink sink;
  RegretObserver observer(scale_of(table));
  TuneLoop loop(options, {searcher, scheduler, executor, sink, observer});
  MANTA_CHECK(loop.run().has_value(), "the simulation has failed");
  return observer.regrets;
}

// Means over tasks and seeds, as `name`.10 to `name`.100.
void print_regrets(const std::string& name, const std::vector<CurveTable>& tables, const char* scheduler, int seeds) {
  Regrets sums{};
  for (const CurveTable& table : tables) {
    for (int seed = 1; seed <= seeds; ++seed) {
      const Regrets regrets = regrets_of(table, scheduler, static_cast<std::uint64_t>(seed));
      for (std::size_t part = 0; part < kParts.size(); ++part) sums[part] += regrets[part];
    }
  }
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    const double runs = static_cast<double>(tables.size()) * seeds;
    print(name + "." + std::to_string(std::lround(100 * kParts[part])), sums[part] / runs, "regret");
  }
}

}  // namespace

void measure_taskset(std::string_view name, int seeds) {
  const char* const data = std::getenv("MANTA_DATA_DIR");
  std::vector<CurveTable> tables;
  for (const char* task : kTasks) {
    const fs::path path =
        fs::path(data == nullptr ? "" : data) / "taskset" / ("patch32_" + std::string(task) + "_bs128.valid.csv.gz");
    const std::optional<std::string> csv = decompressed(path);
    if (!csv) {
      std::fprintf(stderr, "%s is not there: MANTA_DATA_DIR names the folder that has taskset/\n", path.c_str());
      return;
    }
    tables.push_back(CurveTable::parse(*csv).value());
  }
  const std::string start = std::string(name) + "_";
  print_regrets(start + "random", tables, "fifo", seeds);
  print_regrets(start + "asha", tables, "asha:grace=1,eta=3", seeds);
  print_regrets(start + "asha_promote", tables, "asha-promote:grace=1,eta=3", seeds);
  // All 1,000 configurations for one iteration are half of the budget; the best 20 to their end, the rest.
  print_regrets(start + "i_epoch", tables, "i-epoch:i=1,best=20", seeds);
}

}  // namespace manta::bench
