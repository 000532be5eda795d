// SPDX-License-Identifier: Apache-2.0
// What the searchers that go by several metrics do, each by its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "searchers/make_searcher.h"
#include "searchers/pareto/hypervolume.h"
#include "tests/support/zdt.h"

namespace manta::multi_searchers_test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What comes out of a point; no metrics at all are a failure.
using Problem = std::function<Metrics(const Config&)>;

Space numbers(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i)
    parameters.push_back({"x" + std::to_string(i), FloatDomain{.low = 0, .high = 1}});
  return Space(std::move(parameters));
}

Metrics zdt1(const Config& config) {
  const auto [f1, f2] = zdt1_values(config);
  return {{"f1", f1}, {"f2", f2}};
}

Metrics three(const Config& config) {
  Metrics metrics{{"f1", 0}, {"f2", 0}, {"f3", 0}};
  double sums[3] = {};
  for (int i = 0; i < 4; ++i) {
    sums[0] += std::pow(x_of(config, i) - 0.2, 2);
    sums[1] += std::pow(x_of(config, i) - 0.5, 2);
    sums[2] += std::pow(x_of(config, i) - 0.5 - 0.1 * i, 2);
  }
  return {{"f1", sums[0]}, {"f2", sums[1]}, {"f3", sums[2]}};
}

struct Setting {
  int objectives = 2;
  std::vector<MetricCondition> constraints = {};
  int workers = 1;
};

std::unique_ptr<Searcher> make(const std::string& name, const Space& space, std::uint64_t seed,
                               const Setting& setting = {}) {
  FurtherGoals further{.objectives = {}, .constraints = setting.constraints};
  for (int i = 2; i <= setting.objectives; ++i) further.objectives.push_back({"f" + std::to_string(i)});
  return make_searcher(
             name, {.space = &space, .objective = {"f1"}, .further = further, .seed = seed, .samples = 1000})
      .value();
}

// A report and its trial's end, as a run tells them.
void tell(Searcher& searcher, std::int64_t trial, const Config& config, const Metrics& metrics) {
  Outcome outcome{.trial = {trial}, .config = config, .state = TrialState::kRunning, .iteration = 1};
  outcome.value = metrics.find("f1");
  outcome.metrics = &metrics;
  if (outcome.value) searcher.tell(outcome);
  outcome.state = outcome.value ? TrialState::kCompleted : TrialState::kFailed;
  outcome.metrics = nullptr;
  searcher.tell(outcome);
}

struct FoundRun {
  LossTable losses;  // Of those that keep the constraints.
  std::vector<Config> configs = {};
  std::vector<bool> kept = {};
};

// `setting.workers` trials are asked for before the first of them is told.
FoundRun run(const std::string& name, const Space& space, std::uint64_t seed, int trials, const Problem& problem,
             const Setting& setting = {}) {
  const std::unique_ptr<Searcher> searcher = make(name, space, seed, setting);
  FoundRun run{LossTable(static_cast<std::size_t>(setting.objectives))};
  for (int trial = 0; trial < trials; ++trial) {
    run.configs.push_back(*searcher->ask(TrialId{trial}).value());
    const int done = trial - setting.workers + 1;
    if (done < 0) continue;
    const Config& config = run.configs[static_cast<std::size_t>(done)];
    const Metrics metrics = problem(config);
    run.kept.push_back(std::ranges::all_of(setting.constraints, [&](const auto& each) { return each.holds(metrics); }));
    std::vector<double> losses;
    for (int i = 1; i <= setting.objectives; ++i)
      losses.push_back(metrics.find("f" + std::to_string(i)).value_or(kInfinity));
    if (run.kept.back()) run.losses.add(losses);
    tell(*searcher, done, config, metrics);
  }
  return run;
}

double volume(const FoundRun& run, double reference) {
  return hypervolume(run.losses, std::vector<double>(run.losses.objectives(), reference));
}

class MultiSearchersTest : public ::testing::TestWithParam<const char*> {};

// Those with a model: they need few trials.
class MultiModelsTest : public MultiSearchersTest {
 protected:
  // Over three seeds together.
  void expect_better_than_random(const Space& space, const Problem& problem, double reference,
                                 const Setting& setting = {}) const {
    double found = 0;
    double by_chance = 0;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      found += volume(run(GetParam(), space, seed, 60, problem, setting), reference);
      by_chance += volume(run("random", space, seed, 60, problem, setting), reference);
    }
    EXPECT_GT(found, by_chance);
  }
};

TEST_P(MultiModelsTest, DominatesMoreThanRandomSearch) { expect_better_than_random(numbers(6), zdt1, 11); }

TEST_P(MultiModelsTest, DominatesMoreThanRandomSearchWithThreeObjectives) {
  expect_better_than_random(numbers(4), three, 1, {.objectives = 3});
}

TEST_P(MultiModelsTest, DominatesMoreThanRandomSearchWithEightWorkers) {
  expect_better_than_random(numbers(6), zdt1, 11, {.workers = 8});
}

TEST_P(MultiModelsTest, DominatesMoreThanRandomSearchInAMixedSpace) {
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

TEST_P(MultiModelsTest, LearnsWhereConstraintsOnMetricsAreKept) {
  const Setting setting{.constraints = {MetricCondition::parse("f2 <= 1.5").value()}};

  const FoundRun found = run(GetParam(), numbers(5), 1, 80, zdt1, setting);

  EXPECT_GT(std::count(found.kept.begin() + 40, found.kept.end(), true), 10);
  EXPECT_LT(std::count(found.kept.begin(), found.kept.begin() + 10, true), 5) << "it is no easy one";
}

// Metrics that are missing, infinite, huge or the same for all, failures, and duplicates.
TEST_P(MultiSearchersTest, BadDataDoNoHarm) {
  const Space space = numbers(2);
  const Setting setting{.objectives = 3, .constraints = {MetricCondition::parse("f2 < 1e300").value()}};
  const std::unique_ptr<Searcher> searcher = make(GetParam(), space, 1, setting);
  const std::vector<Metrics> bad{{{"f1", 1}, {"f2", kNan}, {"f3", 1}}, {{"f1", 1}, {"f3", 1}},
                                 {{"f1", kInfinity}, {"f2", 1}},       {{"f1", -1e308}, {"f2", 1}, {"f3", 1}},
                                 {{"f1", 1e308}, {"f2", 1}, {"f3", 1}}, {{"f1", 1}, {"f2", -kInfinity}, {"f3", 1}},
                                 {{"f1", 1}, {"f2", 1e305}, {"f3", 1}}, {}};
  const Config again{{"x0", Value(0.5)}, {"x1", Value(0.5)}};
  for (std::int64_t trial = 0; trial < 50; ++trial) {
    const Config config = *searcher->ask({trial}).value();
    ASSERT_TRUE(space.validate(config).has_value());
    const auto number = static_cast<std::size_t>(trial);
    if (trial % 7 == 6) continue;  // It stays pending.
    tell(*searcher, trial, trial % 5 == 0 ? again : config,
         trial % 3 == 0 ? bad[number / 3 % bad.size()] : Metrics{{"f1", 3}, {"f2", 0}, {"f3", x_of(config, 0)}});
  }
}

TEST_P(MultiSearchersTest, ARestoredOneGoesOnAsTheFirst) {
  const Space space = numbers(4);
  const Setting setting{.constraints = {MetricCondition::parse("f2 <= 3").value()}};
  const auto original = make(GetParam(), space, 5, setting);
  for (std::int64_t trial = 0; trial < 75; ++trial) {
    const Config config = *original->ask({trial}).value();
    if (trial % 9 != 0) tell(*original, trial, config, trial % 7 == 0 ? Metrics{{"f1", 0.5}} : zdt1(config));
  }
  const auto copy = make(GetParam(), space, 99, setting);
  ASSERT_TRUE(copy->restore(original->save()).has_value());

  EXPECT_EQ(copy->save().json, original->save().json);
  for (std::int64_t trial = 75; trial < 90; ++trial) {
    const Config config = *original->ask({trial}).value();
    ASSERT_EQ(*copy->ask({trial}).value(), config);
    tell(*original, trial, config, zdt1(config));
    tell(*copy, trial, config, zdt1(config));
  }
}

TEST_P(MultiSearchersTest, ASnapshotOfOtherGoalsIsRefused) {
  const Space space = numbers(3);
  const auto two = make(GetParam(), space, 1);
  tell(*two, 0, *two->ask({0}).value(), {{"f1", 1}, {"f2", 2}});
  const auto with_three = make(GetParam(), space, 1, {.objectives = 3});

  EXPECT_FALSE(with_three->restore(two->save()).has_value());
}

TEST_P(MultiSearchersTest, MoreObjectivesThanBoxesAreForGoWellToo) {
  const auto six = [](const Config& config) {
    Metrics metrics = three(config);
    for (int i = 4; i <= 6; ++i) metrics.set("f" + std::to_string(i), std::abs(x_of(config, 1) - i / 10.));
    return metrics;
  };

  const FoundRun found = run(GetParam(), numbers(4), 1, 40, six, {.objectives = 6});

  EXPECT_GE(pareto_front(found.losses).size(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Searchers, MultiSearchersTest, ::testing::Values("gp", "tpe", "auto", "nsga2"),
                         [](const auto& test) { return std::string(test.param); });
INSTANTIATE_TEST_SUITE_P(Searchers, MultiModelsTest, ::testing::Values("gp", "tpe", "auto"),
                         [](const auto& test) { return std::string(test.param); });

TEST(MultiAutoTest, SaysWhatItTook) {
  const Space space = numbers(3);
  const auto searcher = make("auto", space, 1);

  EXPECT_EQ(searcher->describe(), "auto - gp: 2 metrics over 3 parameters; tpe once 250 trials have all metrics");
  for (std::int64_t trial = 0; trial < 250; ++trial) {
    const Config config{{"x0", Value(trial / 250.)}, {"x1", Value(0.5)}, {"x2", Value(0.5)}};
    tell(*searcher, trial, config, zdt1(config));
  }
  EXPECT_EQ(searcher->describe(), "auto - tpe: 250 trials have all metrics, and it is the quickest");
  EXPECT_EQ(make("auto", space, 1, {.objectives = 3})->describe(), "auto - tpe: 3 metrics, and gp is good for 2");
}

}  // namespace
}  // namespace manta::multi_searchers_test
