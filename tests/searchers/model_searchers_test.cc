// SPDX-License-Identifier: Apache-2.0
// What the searchers that learn find, each by its name.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/searchers/proposer_run.h"

namespace manta::model_searchers_test {
namespace {

class ModelSearchersTest : public ::testing::TestWithParam<const char*> {
 protected:
  const Space mixed_ = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [1e-4, 1], "log": true},
    "n": {"int": [1, 20]}, "c": {"choice": ["a", "b", "c", "d"]}})")
                           .value();
};

double bowl(const Config& config) {
  const double x = config["x"].as<double>() - 0.3;
  const double y = std::log10(config["y"].as<double>()) + 3;
  const double n = static_cast<double>(config["n"].as<std::int64_t>() - 7) / 10;
  return x * x + y * y / 4 + n * n + (config["c"].as<std::string>() == "c" ? 0 : 0.5);
}

TEST_P(ModelSearchersTest, FindsBetterPointsThanRandomSearch) {
  const double found = median_best(GetParam(), mixed_, 40, bowl);

  EXPECT_LT(found, median_best("random", mixed_, 40, bowl));
}

TEST_P(ModelSearchersTest, LearnsWhereTrialsFail) {
  const auto only_right = [](const Config& config) -> std::optional<double> {
    if (config["x"].as<double>() < 0.5) return std::nullopt;
    return bowl(config);
  };

  const FunctionRun run = run_on(GetParam(), mixed_, 1, 100, only_right);

  EXPECT_LT(run.failures, 36);
}

TEST_P(ModelSearchersTest, TriesEveryConfigurationOfASmallSpaceOnce) {
  const Space space = parse_space(R"({"a": {"choice": [1, 2, 3]}, "b": {"int": [0, 3]}})").value();
  const auto sum = [](const Config& config) { return static_cast<double>(config["b"].as<std::int64_t>()); };

  const FunctionRun run = run_on(GetParam(), space, 1, 12, sum);

  std::set<std::string> different;
  for (const Config& config : run.configs) different.insert(config.to_json());
  EXPECT_EQ(different.size(), 12u);
}

TEST_P(ModelSearchersTest, NoConfigurationComesTwiceWhileAnyIsLeftThatKeepsTheConstraints) {
  const Space space = parse_space(R"({"a": {"int": [1, 20], "log": true}, "b": {"choice": [1, 2, 3]},
    "c": {"ordinal": [1, 2], "when": {"b": 3}}, "constraints": ["a != 7 or b != 2"]})")
                          .value();
  const auto sum = [](const Config& config) { return static_cast<double>(config["a"].as<std::int64_t>()); };
  constexpr int kConfigurations = 20 + 19 + 2 * 20;

  const FunctionRun run = run_on(GetParam(), space, 1, kConfigurations, sum);

  std::set<std::string> different;
  for (const Config& config : run.configs) different.insert(config.to_json());
  EXPECT_EQ(different.size(), static_cast<std::size_t>(kConfigurations));
}

TEST_P(ModelSearchersTest, TheDefaultIsNotSuggestedAgainWhileItRuns) {
  const Space space = parse_space(R"({"a": {"choice": [1, 2, 3], "default": 2, "confidence": "high"},
    "b": {"int": [0, 3], "default": 1, "confidence": "high"}})")
                          .value();
  const auto searcher = make_searcher(GetParam(), {.space = &space, .seed = 1, .samples = 12}).value();
  const Config first = searcher->ask(TrialId{0}).value().value();
  for (std::int64_t trial = 1; trial < 12; ++trial) {
    const Config config = searcher->ask(TrialId{trial}).value().value();
    EXPECT_NE(config, first);
    searcher->tell({.trial = TrialId{trial},
                    .config = config,
                    .state = TrialState::kCompleted,
                    .iteration = 1,
                    .value = static_cast<double>(trial % 5)});
  }
  EXPECT_EQ(first, (Config{{"a", std::int64_t{2}}, {"b", std::int64_t{1}}}));
}

std::string description_of(const char* json) {
  const Space space = parse_space(json).value();
  return make_searcher("auto", {.space = &space, .samples = 100}).value()->describe();
}

// Tells `searcher` of so many trials, and returns what it then expects to gain, after each.
std::vector<std::optional<double>> gains_of(Searcher& searcher, std::int64_t from, std::int64_t to, double scale) {
  std::vector<std::optional<double>> gains;
  for (std::int64_t trial = from; trial < to; ++trial) {
    const Config config = searcher.ask({trial}).value().value();
    const double loss = scale * (bowl(config) + 5);
    searcher.tell({.trial = {trial}, .config = config, .state = TrialState::kCompleted, .iteration = 1, .value = loss});
    gains.push_back(searcher.expected_gain());
  }
  return gains;
}

std::unique_ptr<Searcher> searcher_of(const char* name, const Space& space) {
  return make_searcher(name, {.space = &space, .seed = 3, .samples = 100}).value();
}

TEST(ExpectedGainTest, IsOfTheSizeOfWhatIsGainedAndFalls) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [1e-4, 1], "log": true},
    "n": {"int": [1, 20]}, "c": {"choice": ["a", "b", "c", "d"]}})")
                          .value();
  for (const char* const name : {"gp", "auto"}) {
    const auto searcher = searcher_of(name, space);
    const auto thousandfold = searcher_of(name, space);

    const auto gains = gains_of(*searcher, 0, 50, 1);
    const auto large = gains_of(*thousandfold, 0, 50, 1000);

    EXPECT_FALSE(gains.front()) << name << ": nothing is known yet";
    const double early = **std::ranges::max_element(gains);  // None is less than any.
    EXPECT_GT(early, 0.01) << name;
    EXPECT_LT(early, 10) << name;
    ASSERT_TRUE(gains.back()) << name;
    EXPECT_LT(*gains.back(), early / 20) << name;
    EXPECT_NEAR(*large.back() / *gains.back(), 1000, 300) << name;
  }
}

TEST(ExpectedGainTest, IsKnownToARestoredSearcher) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [1e-4, 1], "log": true},
    "n": {"int": [1, 20]}, "c": {"choice": ["a", "b", "c", "d"]}})")
                          .value();
  const auto searcher = searcher_of("gp", space);
  gains_of(*searcher, 0, 20, 1);
  const auto restored = searcher_of("gp", space);
  ASSERT_TRUE(restored->restore(searcher->save()));

  EXPECT_EQ(restored->expected_gain(), searcher->expected_gain());
  EXPECT_FALSE(searcher_of("random", space)->expected_gain());
}

TEST(AutoSearcherTest, SaysWhatItTakesAndWhy) {
  EXPECT_EQ(description_of(R"({"a": {"int": [1, 20]}, "b": {"choice": [1, 2]}})"),
            "auto - gp and forest in turn: all 2 parameters have few values; tpe once 600 trials have a value");
  EXPECT_EQ(description_of(R"({"a": {"int": [1, 20]}})"),
            "auto - gp and forest in turn: the parameter has few values; tpe once 600 trials have a value");
  EXPECT_EQ(description_of(R"({"a": {"int": [1, 21]}, "b": {"choice": [1, 2]}, "k": 3})"),
            "auto - gp: 1 of 2 parameters have more than 20 values; tpe once 600 trials have a value");
  EXPECT_EQ(description_of(R"({"x": {"float": [0, 1], "default": 0.5}})"),
            "auto - gp: the parameter has more than 20 values; tpe once 600 trials have a value");
}

TEST(AutoSearcherTest, SaysThatItHasSwitched) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  const std::unique_ptr<Searcher> searcher = make_searcher("auto", {.space = &space, .samples = 1000}).value();
  for (int trial = 0; trial < 600; ++trial) {
    const Config config{{"x", trial / 600.0}};
    searcher->tell({.trial = TrialId{trial}, .config = config, .state = TrialState::kCompleted, .value = trial});
  }

  ASSERT_TRUE(searcher->ask(TrialId{600}).has_value());

  EXPECT_EQ(searcher->describe(), "auto - tpe: 600 trials have a value, and it is the quickest");
}

TEST_P(ModelSearchersTest, ConcurrentSuggestionsKeepApart) {
  const std::unique_ptr<Searcher> searcher =
      make_searcher(GetParam(), {.space = &mixed_, .seed = 1, .samples = 100}).value();
  for (int trial = 0; trial < 30; ++trial) {
    const Config config = *searcher->ask(TrialId{trial}).value();
    searcher->tell({.trial = TrialId{trial},
                    .config = config,
                    .state = TrialState::kCompleted,
                    .iteration = 1,
                    .value = bowl(config)});
  }

  std::set<std::string> different;
  double least = 1;
  double most = 0;
  for (int trial = 30; trial < 46; ++trial) {
    const Config config = *searcher->ask(TrialId{trial}).value();
    different.insert(config.to_json());
    least = std::min(least, config["x"].as<double>());
    most = std::max(most, config["x"].as<double>());
  }

  EXPECT_EQ(different.size(), 16u);
  EXPECT_GT(most - least, 0.05);
}

TEST_P(ModelSearchersTest, HugeEqualAndTinyLossesAreAllNumbers) {
  for (const double value : {0., 1e308, -1e308, 5e-324}) {
    const auto odd = [&](const Config& config) { return config["x"].as<double>() < 0.5 ? value : -value; };
    const FunctionRun run = run_on(GetParam(), mixed_, 1, 20, odd);
    for (const Config& config : run.configs) EXPECT_TRUE(mixed_.validate(config).has_value());
  }
}

INSTANTIATE_TEST_SUITE_P(Searchers, ModelSearchersTest, ::testing::Values("tpe", "forest", "cma-es", "de", "nsga2"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace manta::model_searchers_test
