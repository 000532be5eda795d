// SPDX-License-Identifier: Apache-2.0
// Population based training on simulated trials whose weights travel with their checkpoints.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "schedulers/make_scheduler.h"
#include "schedulers/pbt_replay_scheduler.h"
#include "tests/support/sanitizer.h"
#include "tests/support/search_space.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/replay.h"

namespace manta::pbt_simulation_test {
namespace {

// Jaderberg et al. 2017, figure 2: 1.2 - (a^2 + b^2) is wanted; the trial climbs 1.2 - (h0 a^2 + h1 b^2) instead, from
// (0.9, 0.9). One member has h = (1, 0), the other (0, 1): alone, neither gets past 0.39.
constexpr double kRate = 0.02;
constexpr std::int64_t kSteps = 200;

std::optional<Stepped> climb(const Config& config, TrialId, std::int64_t, std::vector<double>& weights) {
  if (weights.empty()) weights = {0.9, 0.9};
  weights[0] -= 2 * kRate * config["h0"].as<double>() * weights[0];
  weights[1] -= 2 * kRate * config["h1"].as<double>() * weights[1];
  const double height = 1.2 - weights[0] * weights[0] - weights[1] * weights[1];
  return Stepped{.metrics = {{"height", height}}, .seconds = 1};
}

const Objective kHeight{"height", Mode::kMax};

// What the run did, and its highest report.
struct Climb {
  double highest = 0;
  std::string snapshot;
  std::vector<Change> changes;
  std::vector<TrialState> ends;
};

Climb climb_with(TrialScheduler& scheduler, int concurrency = 2, std::int64_t trials = 2) {
  LoopOptions options;
  options.objective = kHeight;
  options.max_trials = trials;
  options.concurrency = concurrency;
  options.max_iterations = kSteps;
  ScriptedSearcher searcher{[](TrialId trial) {
    const bool is_first = trial.number % 2 == 0;
    return Result<std::optional<Config>>(Config{{"h0", is_first ? 1.0 : 0.0}, {"h1", is_first ? 0.0 : 1.0}});
  }};
  SimulatedExecutor executor(climb, {.slots = concurrency});
  FakeSink sink;
  RecordingObserver observer;
  TuneLoop loop(options, {searcher, scheduler, executor, sink, observer});
  EXPECT_TRUE(loop.run().has_value());
  Climb result{.highest = observer.bests.back().second,
               .snapshot = scheduler.save().json,
               .changes = sink.changes(),
               .ends = {}};
  for (const TrialStatus& trial : loop.trials()) result.ends.push_back(trial.state);
  return result;
}

class PbtSimulationTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TrialScheduler> make(const std::string& text, std::uint64_t seed, std::int64_t trials = 2) const {
    return make_scheduler(text, {.objective = kHeight, .space = &space_, .max_trials = trials, .seed = seed}).value();
  }

  const Space space_ = space_of(R"({"h0": {"float": [0, 1]}, "h1": {"float": [0, 1]}})");
};

TEST_P(PbtSimulationTest, ReachesTheTopOfTheToyInAlmostEverySeed) {
  constexpr int kSeeds = repetitions(20);
  int reached = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
    reached += climb_with(*make(GetParam() + ":interval=5", seed)).highest >= 1.19 ? 1 : 0;

  EXPECT_GE(reached, kSeeds - 1);
}

TEST_P(PbtSimulationTest, MoreTrialsThanSlotsTakeTurnsAndAllEnd) {
  constexpr int kSeeds = repetitions(20);
  int high = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Climb climb = climb_with(*make(GetParam() + ":interval=20", seed, 7), 3, 7);

    EXPECT_EQ(climb.ends, std::vector<TrialState>(7, TrialState::kCompleted));
    high += climb.highest >= 1.1 ? 1 : 0;
  }
  EXPECT_GE(high, kSeeds * 3 / 4) << "where few exploits fall, it is chance";
}

TEST_P(PbtSimulationTest, ThePopulationMovesForwardTogether) {
  const Climb climb = climb_with(*make(GetParam() + ":interval=20", 1, 6), 2, 6);

  // Nobody is three intervals ahead of those who still train: one for its turn, one for a copy, and for each turn in
  // which it has to let others pass an iteration.
  std::map<TrialId, std::int64_t> iterations;
  for (std::int64_t trial = 0; trial < 6; ++trial) iterations[{trial}] = 0;
  for (const Change& change : climb.changes) {
    if (const auto* reported = std::get_if<Reported>(&change)) {
      iterations[reported->report.trial] = reported->report.iteration;
      const auto [low, high] = std::minmax_element(iterations.begin(), iterations.end(),
                                                   [](auto& one, auto& other) { return one.second < other.second; });
      ASSERT_LT(high->second - low->second, 60);
    } else if (const auto* changed = std::get_if<TrialChanged>(&change); changed && is_ended(changed->trial.state)) {
      iterations.erase(changed->trial.id);
      if (iterations.empty()) break;
    }
  }
}

TEST_P(PbtSimulationTest, ToldOnceMoreWhatHappenedItKnowsAllThatItDid) {
  // Of a run that keeps no snapshots, as a deterministic one.
  const std::string text = GetParam() + ":interval=20";
  const Climb climb = climb_with(*make(text, 1, 6), 2, 6);
  std::vector<Change> changes = climb.changes;
  std::erase_if(changes, [](const Change& change) { return std::holds_alternative<SnapshotsSaved>(change); });
  LoopOptions options;
  options.objective = kHeight;
  ScriptedSearcher searcher;
  const auto scheduler = make(text, 1, 6);
  LoopState state;
  for (std::int64_t number = 0; number < 6; ++number) {
    state.trials.emplace_back();
    state.trials.back().id = {number};
  }

  ASSERT_TRUE(replay(changes, options, searcher, *scheduler, state).has_value());

  EXPECT_EQ(scheduler->save().json, climb.snapshot);
  EXPECT_GT(PbtHistory::from_snapshot({climb.snapshot})->exploits.size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(All, PbtSimulationTest, ::testing::Values("pbt", "pbt-sync", "pb2"), [](const auto& test) {
  return test.param == "pbt" ? "Asynchronous" : test.param == "pb2" ? "Bandit" : "Synchronous";
});

// A loss that falls and then rises, as of networks that overfit: older states are better than any that is to come.
std::optional<Stepped> overfit(const Config&, TrialId trial, std::int64_t iteration) {
  const double distance = static_cast<double>(iteration) - 6;
  return Stepped{.metrics = {{"height", -distance * distance - 0.1 * static_cast<double>(trial.number)}},
                 .seconds = 1 + 0.1 * static_cast<double>(trial.number % 2)};
}

TEST_P(PbtSimulationTest, WhereOlderStatesAreBetterAllComeToTheirEndNonetheless) {
  constexpr std::int64_t kIterations = 40;
  for (const std::int64_t interval : {1, 2, 5}) {
    for (const int concurrency : {1, 2, 3}) {
      LoopOptions options;
      options.objective = kHeight;
      options.max_trials = 8;
      options.concurrency = concurrency;
      options.max_iterations = kIterations;
      std::map<TrialId, std::int64_t> reports;
      SimulatedExecutor executor(
          [&reports](const Config& config, TrialId trial, std::int64_t iteration) -> std::optional<Stepped> {
            if (++reports[trial] > 10 * kIterations) return std::nullopt;
            return overfit(config, trial, iteration);
          },
          {.slots = concurrency});
      const auto scheduler = make(GetParam() + ":interval=" + std::to_string(interval), 1, 8);
      ScriptedSearcher searcher{[](TrialId) {
        return Result<std::optional<Config>>(Config{{"h0", 0.5}, {"h1", 0.5}});
      }};
      FakeSink sink;
      RecordingObserver observer;
      TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});

      ASSERT_TRUE(loop.run().has_value());

      for (const auto& [trial, count] : reports)
        EXPECT_LE(count, 2 * kIterations) << "trial " << trial.number << ", interval " << interval;
    }
  }
}

TEST_F(PbtSimulationTest, IndependentTrialsStayBelow) { EXPECT_LT(climb_with(*make("fifo", 0)).highest, 0.4); }

TEST_P(PbtSimulationTest, EqualValuesDoNotEndTheSearch) {
  // Here both may lose the use of one direction and stand still at the same height, which only a copy can change.
  for (std::uint64_t seed = 20; seed < 20 + repetitions(40); ++seed)
    ASSERT_GT(climb_with(*make(GetParam() + ":interval=5", seed)).highest, 1.1) << "seed " << seed;
}

TEST_F(PbtSimulationTest, TheScheduleOfAPopulationTrainsAsWellAsItsBestMember) {
  constexpr int kSeeds = repetitions(10);
  int with_several_steps = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Climb found = climb_with(*make("pbt:interval=5", seed));
    const PbtSchedule schedule = PbtSchedule::from_snapshot({found.snapshot}).value();
    PbtReplayScheduler replay(kHeight, schedule);

    const Climb replayed = climb_with(replay, 1, 1);

    // Its first step and the steps between a decision and the donor's next checkpoint may differ.
    EXPECT_NEAR(replayed.highest, found.highest, 0.02) << "seed " << seed;
    with_several_steps += schedule.steps.size() > 2 ? 1 : 0;
  }
  EXPECT_GE(with_several_steps, kSeeds - 2) << "the best member of nearly every population has copied others";
}

TEST_F(PbtSimulationTest, AnExploitIsTriedAgainWhenItsDonorLeftNothing) {
  // The donor ends in the very report at which it would be copied: its heir keeps its own weights and configuration.
  const auto scheduler = make("pbt:interval=5", 3);
  std::vector<TrialStatus> trials(2);
  for (std::int64_t number = 0; number < 2; ++number) {
    trials[static_cast<std::size_t>(number)].id = {number};
    trials[static_cast<std::size_t>(number)].state = TrialState::kRunning;
    trials[static_cast<std::size_t>(number)].config = {{"h0", 0.5}, {"h1", 0.5}};
  }
  const auto report = [&](std::int64_t trial, std::int64_t iteration, double height) {
    trials[static_cast<std::size_t>(trial)].iteration = iteration;
    return scheduler->on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"height", height}}}, trials)
        .value();
  };
  report(0, 5, 1.0);
  const std::vector<Order> first = report(1, 5, 0.5);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Clone>(first[0].action));

  const std::vector<Order> second = report(1, 6, 0.5);

  ASSERT_EQ(second.size(), 1u) << "at once, not at the next interval";
  EXPECT_EQ(std::get<Clone>(second[0].action).donor, TrialId{0});
}

}  // namespace
}  // namespace manta::pbt_simulation_test
