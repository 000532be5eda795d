// SPDX-License-Identifier: Apache-2.0
// A large experiment that has come to its end, opened again.
#include <utility>
#include <vector>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/tune_benchmark.h"
#include "tune/cli/experiment_document.h"
#include "tune/cli/prepared_experiment.h"
#include "tune/results/result_store.h"

namespace manta::bench {
namespace {

constexpr std::int64_t kReportsOfEach = 100;

double loss_of(std::int64_t trial, std::int64_t iteration) {
  return static_cast<double>(trial % 97) + 1.0 / static_cast<double>(iteration);
}

void add_trial(std::int64_t number, const Config& config, std::vector<Change>& changes) {
  TrialStatus status;
  status.id = {number};
  status.config = config;
  status.state = TrialState::kRunning;
  status.attempt = 1;
  changes.emplace_back(TrialChanged{status, {}});
  changes.emplace_back(AttemptStarted{.trial = status.id, .when = {}});
  for (std::int64_t iteration = 1; iteration <= kReportsOfEach; ++iteration) {
    const double loss = loss_of(number, iteration);
    changes.emplace_back(Reported{{.trial = status.id,
                                   .iteration = iteration,
                                   .seconds = static_cast<double>(iteration),
                                   .metrics = {{"loss", loss}}},
                                  {}});
  }
  status.state = TrialState::kCompleted;
  status.iteration = kReportsOfEach;
  status.seconds = static_cast<double>(kReportsOfEach);
  status.value = status.best_value = loss_of(number, kReportsOfEach);
  changes.emplace_back(AttemptEnded{.trial = status.id, .state = TrialState::kCompleted, .cause = "", .when = {}});
  changes.emplace_back(TrialChanged{std::move(status), {}});
}

// An experiment of `trials` trials on disk, as tune_run() leaves it.
void write_experiment(const TuneOptions& options, const std::filesystem::path& directory) {
  const PreparedExperiment experiment = prepare_experiment(options).value();
  ResultStore store = ResultStore::create(directory, {.name = experiment.options.name,
                                                      .objective = experiment.loop.objective,
                                                      .json = to_document(experiment.options).value()})
                          .value();
  std::vector<Change> changes;
  for (std::int64_t trial = 0; trial < options.samples; ++trial) {
    add_trial(trial, experiment.searcher->ask({trial}).value().value(), changes);
    if (trial % 100 != 99 && trial + 1 != options.samples) continue;
    if (trial + 1 == options.samples)
      changes.emplace_back(SnapshotsSaved{experiment.searcher->save(), experiment.scheduler->save()});
    MANTA_CHECK(store.apply(changes).has_value(), "cannot write the experiment");
    changes.clear();
  }
  MANTA_CHECK(store.close().has_value(), "cannot close the experiment");
}

// From the call until the first further trial has been run, and all is on disk again.
void resume_experiment(std::string_view name, std::int64_t trials) {
  const ScratchFolder folder;
  const std::filesystem::path directory = folder.path() / "experiment";
  TuneOptions options{.space = kSmallSpace,
                      .name = "large",
                      .metric = "loss",
                      .samples = trials,
                      .max_iterations = kReportsOfEach,
                      .concurrency = 1,
                      .trainable = "Trivial"};
  write_experiment(options, directory);
  options.resume = directory;
  options.samples = trials + 1;
  const double us = time_us([&] {
    const Result<TuneOutcome> outcome = tune_run(options, {.print_summary = false});
    MANTA_CHECK(outcome.value().counts.completed == trials + 1, "not all trials have completed");
  });
  print(name, us / 1e6, "s");
}

}  // namespace

std::vector<TuneRow> resume_rows() { return {{"resume_1m_reports", resume_experiment, 10'000}}; }

}  // namespace manta::bench
