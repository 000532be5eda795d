// SPDX-License-Identifier: Apache-2.0
// How good a searcher and a scheduler are together on recorded learning curves, in virtual time:
//
//   manta_curves_quality DATA SEARCHER SCHEDULER [SEEDS [WORKERS]]
//
// The budget is the time of 40 whole trials. Printed are, for each task and for both sets, the means over seeds of the
// normalised regret of the best value that was seen when 5, 10, 25, 50 and 100 % of it were spent, with the standard
// error. A suggestion is run by the nearest configuration that has not been run yet, and the searcher is told which it
// was; "random" takes them in a random order.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tests/quality/curve_tasks.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta::quality {
namespace {

constexpr std::array<double, 5> kParts = {0.05, 0.10, 0.25, 0.50, 1.0};  // Of the budget.
constexpr double kWholeTrials = 40;
using Regrets = std::array<double, kParts.size()>;

// Suggests rows of the table: the nearest to what the searcher suggests of those that are left.
class OnTable final : public Searcher {
 public:
  OnTable(Searcher& searcher, const CurveTask& task) : searcher_(searcher), task_(task), cube_(task.space) {
    for (const RecordedTrial& trial : task.trials) points_.push_back(cube_.encode(trial.config));
    is_taken_.resize(points_.size());
  }

  Result<std::optional<Config>> ask(TrialId trial) override {
    MANTA_ASSIGN_OR_RETURN(const std::optional<Config> config, searcher_.ask(trial));
    if (!config) return config;
    const UnitCube::Point wanted = cube_.encode(*config);
    std::optional<std::size_t> nearest;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t row = 0; row < points_.size(); ++row) {
      double distance = 0;
      for (std::size_t i = 0; i < wanted.size(); ++i) distance += std::pow(wanted[i] - points_[row][i], 2);
      if (is_taken_[row] || distance >= least) continue;
      least = distance;
      nearest = row;
    }
    if (!nearest) return std::optional<Config>();
    is_taken_[*nearest] = true;
    return std::optional(task_.trials[*nearest].config);
  }
  void tell(const Outcome& outcome) override { searcher_.tell(outcome); }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  Snapshot save() const override { return {}; }
  Result<void> restore(const Snapshot&) override { return {}; }

 private:
  Searcher& searcher_;
  const CurveTask& task_;
  const UnitCube cube_;
  std::vector<UnitCube::Point> points_;
  std::vector<bool> is_taken_;
};

// The regret of the best value that had been seen when each part of the budget was spent.
class RegretObserver final : public LoopObserver {
 public:
  RegretObserver(const CurveTask& task, double budget_seconds) : task_(task), budget_(budget_seconds) {}

  void on_trial(const TrialStatus&, const Progress&) override {}
  void on_report(const Report& report, const Progress& progress) override {
    ++reports;
    trials = static_cast<double>(progress.trials.size());
    const double value = report.metrics.find("loss").value();
    if (!std::isfinite(value)) return;
    best_ = std::min(best_, value);
    for (std::size_t part = 0; part < kParts.size(); ++part) {
      if (to_seconds(progress.elapsed) <= kParts[part] * budget_ * (1 + 1e-9)) regrets[part] = task_.regret(best_);
    }
  }
  void on_new_best(const TrialStatus&, const Progress&) override {}
  void on_tick(const Progress&) override {}

  Regrets regrets{1, 1, 1, 1, 1};
  double reports = 0;
  double trials = 0;

 private:
  const CurveTask& task_;
  const double budget_;
  double best_ = std::numeric_limits<double>::infinity();
};

struct Method {
  std::string searcher;
  std::string scheduler;
  int workers = 4;
};

RegretObserver run_once(const CurveTask& task, const Method& method, std::uint64_t seed) {
  const double budget = kWholeTrials * task.full_seconds / method.workers;
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = static_cast<std::int64_t>(task.trials.size());
  options.max_iterations = static_cast<std::int64_t>(task.trials.front().iterations.size());
  options.concurrency = method.workers;
  options.time_budget = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(budget));
  RecordedTrials recorded(task.trials, task.space);
  const auto executor = recorded.executor(method.workers);
  const bool is_random = method.searcher == "random";
  const auto searcher = make_searcher(method.searcher, {.space = &task.space,
                                                        .objective = options.objective,
                                                        .seed = seed,
                                                        .samples = options.max_trials,
                                                        .max_iterations = options.max_iterations})
                            .value();
  RecordedSearcher in_random_order(task.trials, seed);
  OnTable on_table(*searcher, task);
  const auto judge = make_scheduler(method.scheduler, {.objective = options.objective,
                                                       .max_iterations = options.max_iterations,
                                                       .space = &task.space,
                                                       .max_trials = options.max_trials,
                                                       .seed = seed})
                         .value();
  UnsavedScheduler scheduler(*judge);
  ForgetfulSink sink;
  RegretObserver observer(task, budget);
  Searcher& who = is_random ? static_cast<Searcher&>(in_random_order) : on_table;
  TuneLoop loop(options, {who, scheduler, *executor, sink, observer});
  MANTA_CHECK(loop.run().has_value(), "the simulation has failed");
  return observer;
}

void print_row(const std::string& name, const std::vector<Regrets>& seeds, double trials) {
  std::printf("%-16s", name.c_str());
  const auto count = static_cast<double>(seeds.size());
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    double sum = 0, squares = 0;
    for (const Regrets& regrets : seeds) {
      sum += regrets[part];
      squares += regrets[part] * regrets[part];
    }
    const double mean = sum / count;
    const double error = count > 1 ? std::sqrt(std::max(squares / count - mean * mean, 0.0) / (count - 1)) : 0;
    std::printf("  %.4f ± %.4f", mean, error);
  }
  std::printf("  %5.0f trials\n", trials);
  std::fflush(stdout);
}

// Of each seed the mean over `tasks`, so that the error is of what the table says.
void measure(const std::string& set, const std::vector<const CurveTask*>& tasks, const Method& method, int seeds) {
  std::vector<Regrets> means(static_cast<std::size_t>(seeds));
  double all_trials = 0;
  for (const CurveTask* const task : tasks) {
    std::vector<Regrets> of_task;
    double trials = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      const RegretObserver observer = run_once(*task, method, static_cast<std::uint64_t>(seed));
      of_task.push_back(observer.regrets);
      trials += observer.trials / seeds;
      for (std::size_t part = 0; part < kParts.size(); ++part) {
        means[static_cast<std::size_t>(seed - 1)][part] += observer.regrets[part] / static_cast<double>(tasks.size());
      }
    }
    print_row(task->name, of_task, trials);
    all_trials += trials / static_cast<double>(tasks.size());
  }
  print_row(set, means, all_trials);
}

int run(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::fputs("usage: manta_curves_quality DATA SEARCHER SCHEDULER [SEEDS [WORKERS]]\n", stderr);
    return 2;
  }
  const Result<std::vector<CurveTask>> tasks = load_curve_tasks(argv[1]);
  if (!tasks) {
    std::fprintf(stderr, "%s\n", tasks.error().message.c_str());
    return 1;
  }
  const int seeds = argc > 4 ? std::max(std::atoi(argv[4]), 1) : 20;
  const Method method{argv[2], argv[3], argc > 5 ? std::max(std::atoi(argv[5]), 1) : 4};
  std::vector<const CurveTask*> taskset, lcbench;
  for (const CurveTask& task : *tasks) (task.name.starts_with("lcbench") ? lcbench : taskset).push_back(&task);
  std::printf("%s + %s, %d seeds, %d workers\n", argv[2], argv[3], seeds, method.workers);
  measure("TaskSet", taskset, method, seeds);
  measure("LCBench", lcbench, method, seeds);
  return 0;
}

}  // namespace
}  // namespace manta::quality

int main(int argc, char** argv) { return manta::quality::run(argc, argv); }
