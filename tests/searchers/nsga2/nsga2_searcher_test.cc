// SPDX-License-Identifier: Apache-2.0
// What nsga2 finds where there are several metrics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "searchers/make_searcher.h"
#include "searchers/pareto/hypervolume.h"
#include "tests/support/zdt.h"

namespace manta::nsga2_searcher_test {
namespace {

using ::testing::HasSubstr;

// What comes out of a point: "f1", "f2", …, the smaller the better.
using Problem = std::function<Metrics(const Config&)>;

Space space_of(int dimensions) {
  std::string json;
  for (int i = 0; i < dimensions; ++i)
    json += (i == 0 ? "{\"x" : ", \"x") + std::to_string(i) + "\": {\"float\": [0, 1]}";
  return parse_space(json + "}").value();
}

Metrics of_two(std::array<double, 2> values) { return {{"f1", values[0]}, {"f2", values[1]}}; }
Metrics zdt1(const Config& config) { return of_two(zdt1_values(config)); }
Metrics zdt2(const Config& config) { return of_two(zdt2_values(config)); }
Metrics zdt3(const Config& config) { return of_two(zdt3_values(config)); }
// Deb et al. 2002: the front is an eighth of a sphere.
Metrics dtlz2(const Config& config) {
  double g = 1;
  for (int i = 2; i < static_cast<int>(config.values().size()); ++i) g += std::pow(x_of(config, i) - 0.5, 2);
  const double a = x_of(config, 0) * std::numbers::pi / 2;
  const double b = x_of(config, 1) * std::numbers::pi / 2;
  return {{"f1", g * std::cos(a) * std::cos(b)}, {"f2", g * std::cos(a) * std::sin(b)}, {"f3", g * std::sin(a)}};
}

struct Setting {
  int objectives = 2;
  std::vector<MetricCondition> constraints = {};
  int workers = 1;
};

FurtherGoals goals_of(const Setting& setting) {
  FurtherGoals further{.objectives = {{"f2"}}, .constraints = setting.constraints};
  if (setting.objectives == 3) further.objectives.push_back({"f3"});
  return further;
}

std::unique_ptr<Searcher> make(const std::string& name, const Space& space, std::uint64_t seed,
                               const Setting& setting = {}) {
  return make_searcher(name, {.space = &space,
                              .objective = {"f1"},
                              .further = goals_of(setting),
                              .seed = seed,
                              .samples = 1000})
      .value();
}

// A report and its trial's end, as a run tells them.
void tell(Searcher& searcher, std::int64_t trial, const Config& config, const Metrics& metrics) {
  Outcome outcome{.trial = {trial}, .config = config, .state = TrialState::kRunning, .iteration = 1};
  outcome.value = metrics.find("f1");
  outcome.metrics = &metrics;
  searcher.tell(outcome);
  outcome.state = TrialState::kCompleted;
  outcome.metrics = nullptr;
  searcher.tell(outcome);
}

struct FoundRun {
  LossTable losses;
  std::vector<Metrics> metrics = {};
};

// `setting.workers` trials are asked for before the first of them is told.
FoundRun run(const std::string& name, const Space& space, std::uint64_t seed, int trials, const Problem& problem,
        const Setting& setting = {}) {
  const std::unique_ptr<Searcher> searcher = make(name, space, seed, setting);
  FoundRun run{LossTable(static_cast<std::size_t>(setting.objectives))};
  std::vector<Config> configs;
  for (int trial = 0; trial < trials; ++trial) {
    configs.push_back(*searcher->ask(TrialId{trial}).value());
    const int done = trial - setting.workers + 1;
    if (done < 0) continue;
    const Config& config = configs[static_cast<std::size_t>(done)];
    const Metrics metrics = problem(config);
    std::vector<double> losses;
    for (const auto& [metric, value] : metrics) {
      if (metric.starts_with("f")) losses.push_back(value);
    }
    run.losses.add(losses);
    run.metrics.push_back(metrics);
    tell(*searcher, done, config, metrics);
  }
  return run;
}

double volume(const FoundRun& run, double reference) {
  return hypervolume(run.losses, std::vector<double>(run.losses.objectives(), reference));
}

// On each of ten seeds.
void expect_better_than_random(const Space& space, const Problem& problem, double reference,
                               const Setting& setting = {}) {
  double sum = 0;
  double random_sum = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const double found = volume(run("nsga2", space, seed, 200, problem, setting), reference);
    const double by_chance = volume(run("random", space, seed, 200, problem, setting), reference);
    EXPECT_GT(found, by_chance) << "seed " << seed;
    sum += found;
    random_sum += by_chance;
  }
  ::testing::Test::RecordProperty("nsga2", std::to_string(sum / 10));
  ::testing::Test::RecordProperty("random", std::to_string(random_sum / 10));
}

TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchOnConvexFronts) {
  expect_better_than_random(space_of(10), zdt1, 11);
}

TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchOnConcaveFronts) {
  expect_better_than_random(space_of(10), zdt2, 11);
}

TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchOnFrontsInPieces) {
  expect_better_than_random(space_of(10), zdt3, 11);
}

TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchWithThreeObjectives) {
  expect_better_than_random(space_of(8), dtlz2, 2.5, {.objectives = 3});
}

TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchWithEightWorkers) {
  expect_better_than_random(space_of(10), zdt1, 11, {.workers = 8});
}

TEST(Nsga2SearcherTest, SpreadsOverTheFront) {
  const FoundRun found = run("nsga2", space_of(5), 1, 400, zdt1);

  std::set<int> tenths;
  for (const std::size_t place : pareto_front(found.losses)) {
    const double f1 = found.losses[place][0];
    const double f2 = found.losses[place][1];
    if (f2 + std::sqrt(f1) < 1.3) tenths.insert(std::min(9, static_cast<int>(f1 * 10)));
  }
  EXPECT_GE(tenths.size(), 6u);
}

// A space of every kind, of which "b" decides whether "y" takes part.
TEST(Nsga2SearcherTest, DominatesMoreThanRandomSearchInAMixedSpace) {
  const Space space = parse_space(R"({"x": {"float": [1e-4, 1], "log": true}, "n": {"int": [1, 50]},
    "c": {"choice": ["a", "b", "c", "d"]}, "o": {"ordinal": [1, 2, 4, 8]},
    "y": {"float": [0, 1], "when": {"c": ["a", "b"]}}, "constraints": ["n + o <= 55"]})")
                          .value();
  const auto cost_and_error = [](const Config& config) -> Metrics {
    const double n = static_cast<double>(config["n"].as<std::int64_t>());
    const auto o = static_cast<double>(config["o"].as<std::int64_t>());
    const double y = config.values().contains("y") ? std::abs(config["y"].as<double>() - 0.4) : 0.6;
    const double off = std::abs(std::log10(config["x"].as<double>()) + 2) / 2;
    const double choice = config["c"].as<std::string>() == "b" ? 0 : 0.3;
    return {{"f1", n / 50 + y + choice}, {"f2", 2 / std::sqrt(n) + off + 0.1 * o}};
  };

  expect_better_than_random(space, cost_and_error, 4);
}

TEST(Nsga2SearcherTest, KeepsConstraintsOnMetricsMoreAndMoreOften) {
  const Setting setting{.constraints = {MetricCondition::parse("f2 <= 1.5").value()}};
  const auto kept = [](const FoundRun& found, std::size_t begin, std::size_t end) {
    std::int64_t count = 0;
    for (std::size_t i = begin; i < end; ++i) count += *found.metrics[i].find("f2") <= 1.5 ? 1 : 0;
    return count;
  };
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const FoundRun found = run("nsga2", space_of(6), seed, 200, zdt1, setting);

    EXPECT_GT(kept(found, 100, 200), 60) << "seed " << seed;
    EXPECT_LT(kept(found, 0, 20), 8) << "seed " << seed << ": it is no easy one";
  }
}

TEST(Nsga2SearcherTest, TheSameSeedGivesTheSameTrialsAndAnotherOthers) {
  const auto volumes = [](std::uint64_t seed) { return volume(run("nsga2", space_of(4), seed, 60, zdt1), 11); };

  EXPECT_EQ(volumes(3), volumes(3));
  EXPECT_NE(volumes(3), volumes(4));
}

TEST(Nsga2SearcherTest, ARestoredOneGoesOnAsTheFirst) {
  const Space space = space_of(4);
  const Setting setting{.constraints = {MetricCondition::parse("f2 <= 3").value()}};
  const auto original = make("nsga2", space, 5, setting);
  for (std::int64_t trial = 0; trial < 70; ++trial) {
    const Config config = *original->ask({trial}).value();
    if (trial % 9 != 0) tell(*original, trial, config, trial % 7 == 0 ? Metrics{{"f1", 0.5}} : zdt1(config));
  }
  const auto copy = make("nsga2", space, 99, setting);
  ASSERT_TRUE(copy->restore(original->save()).has_value());

  EXPECT_EQ(copy->save().json, original->save().json);
  for (std::int64_t trial = 70; trial < 130; ++trial) {
    const Config config = *original->ask({trial}).value();
    ASSERT_EQ(*copy->ask({trial}).value(), config);
    tell(*original, trial, config, zdt1(config));
    tell(*copy, trial, config, zdt1(config));
  }
}

TEST(Nsga2SearcherTest, ASnapshotOfOtherGoalsIsRefused) {
  const Space space = space_of(3);
  const auto two = make("nsga2", space, 1);
  tell(*two, 0, *two->ask({0}).value(), {{"f1", 1}, {"f2", 2}});
  const auto three = make("nsga2", space, 1, {.objectives = 3});

  EXPECT_FALSE(three->restore(two->save()).has_value());
}

TEST(Nsga2SearcherTest, SaysThatOneMetricMakesItAGeneticAlgorithm) {
  const Space space = space_of(2);
  EXPECT_EQ(make("nsga2", space, 1)->describe(), "");
  EXPECT_EQ(make_searcher("nsga2:population=8", {.space = &space, .samples = 10}).value()->describe(),
            "nsga2 - one metric: a genetic algorithm with a population of 8");
  const auto wrong = make_searcher("nsga2:population=1", {.space = &space, .samples = 10});
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("4 to 1000"));
}

}  // namespace
}  // namespace manta::nsga2_searcher_test
