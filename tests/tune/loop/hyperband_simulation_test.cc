// SPDX-License-Identifier: Apache-2.0
// HyperBand with any max_t and eta, and trials that are tried again under schedulers that wait for each other, simulated.
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schedulers/make_scheduler.h"
#include "tests/support/search_space.h"
#include "tests/tune/loop/loop_fixture.h"

namespace manta::hyperband_simulation_test {
namespace {

const Objective kLoss{"loss", Mode::kMin};

// Trial n has x = n / 12 at first; at each iteration those nearer to 0.3 are better.
Result<std::optional<Config>> suggest(TrialId trial) {
  return std::optional(Config{{"x", static_cast<double>(trial.number % 12) / 12}});
}

std::optional<Stepped> learn(const Config& config, TrialId, std::int64_t iteration) {
  const double loss = std::abs(config["x"].as<double>() - 0.3) + 1.0 / static_cast<double>(iteration);
  return Stepped{.metrics = {{"loss", loss}}, .seconds = 1};
}

using Fails = std::function<bool(TrialId trial, int attempt, std::int64_t iteration)>;

// How the trials ended.
std::vector<TrialStatus> run_with(const std::string& scheduler_text, int concurrency, std::int64_t trials,
                                  Fails fails = {}) {
  const Space space = space_of(R"({"x": {"float": [0, 1]}})");
  const auto scheduler =
      make_scheduler(scheduler_text, {.objective = kLoss, .space = &space, .max_trials = trials}).value();
  LoopOptions options;
  options.objective = kLoss;
  options.max_trials = trials;
  options.concurrency = concurrency;
  options.max_iterations = scheduler->max_iterations().value_or(12);
  options.max_failures = 100;
  options.checkpoint_every = 2;
  ScriptedSearcher searcher{suggest};
  SimulatedExecutor executor(learn, {.slots = concurrency, .fails = std::move(fails)});
  FakeSink sink;
  RecordingObserver observer;
  TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});
  const Result<LoopEnd> end = loop.run();
  EXPECT_TRUE(end.has_value() && *end == LoopEnd::kFinished) << scheduler_text;
  return {loop.trials().begin(), loop.trials().end()};
}

// Some pairs would have a rung twice, or none at max_t, if a rung were not the one before times eta.
TEST(HyperbandSimulationTest, NoPairOfMaxTAndEtaHangsAndTheBestComesToMaxT) {
  constexpr std::int64_t kBest = 4;  // x = 1/3, and again at 16.
  for (const int max_t : {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 27, 31, 50, 64, 81, 100}) {
    for (const int eta : {2, 3, 4, 5}) {
      for (const int workers : {1, 3, 8}) {
        const std::string text = "hyperband:max_t=" + std::to_string(max_t) + ",eta=" + std::to_string(eta);
        SCOPED_TRACE(text + ", workers " + std::to_string(workers));

        const std::vector<TrialStatus> ends = run_with(text, workers, 12);

        ASSERT_EQ(ends.size(), 12u);
        for (const TrialStatus& trial : ends) EXPECT_TRUE(is_ended(trial.state)) << to_string(trial.id);
        EXPECT_EQ(ends[kBest].state, TrialState::kCompleted);
        EXPECT_EQ(ends[kBest].iteration, max_t);
      }
    }
  }
}

class RetrySimulationTest : public ::testing::TestWithParam<std::string> {};

// Its bracket and its rungs: a second attempt has all that the first one had.
TEST_P(RetrySimulationTest, WhoIsTriedAgainEndsAsIfItHadNotFailed) {
  std::set<std::pair<TrialId, std::int64_t>> failed;
  const auto fails = [&failed](TrialId trial, int, std::int64_t iteration) {
    const bool is_hit = (trial.number % 2 == 0 && iteration % 4 == 1) || (trial.number % 3 == 0 && iteration == 3);
    return is_hit && failed.insert({trial, iteration}).second;
  };
  const std::vector<TrialStatus> undisturbed = run_with(GetParam(), 4, 12);

  const std::vector<TrialStatus> ends = run_with(GetParam(), 4, 12, fails);

  EXPECT_GE(failed.size(), 12u);
  ASSERT_EQ(ends.size(), undisturbed.size());
  for (std::size_t trial = 0; trial < ends.size(); ++trial) {
    SCOPED_TRACE(trial);
    EXPECT_EQ(ends[trial].state, undisturbed[trial].state);
    EXPECT_EQ(ends[trial].iteration, undisturbed[trial].iteration);
    EXPECT_EQ(ends[trial].value, undisturbed[trial].value);
    EXPECT_EQ(ends[trial].config.to_json(), undisturbed[trial].config.to_json());
  }
}

INSTANTIATE_TEST_SUITE_P(Schedulers, RetrySimulationTest,
                         ::testing::Values("hyperband:max_t=9,eta=3", "bohb:max_t=9,eta=3", "i-epoch:i=3,best=4"));

}  // namespace
}  // namespace manta::hyperband_simulation_test
