// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/cost_model.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/searchers/proposer_run.h"

namespace manta::internal::cost_model_test {
namespace {

class CostModelTest : public ::testing::Test {
 protected:
  // Trials whose x is anywhere and that take 100^x seconds; each third fails at once.
  History history(std::int64_t trials) const {
    History made(cube_, Objective{.metric = "loss", .mode = Mode::kMin});
    for (std::int64_t i = 0; i < trials; ++i) {
      const double u = static_cast<double>(i * 7 % 40) / 40;
      const Config config{{"x", u}};
      const bool fails = i % 3 == 2;
      made.tell({.trial = TrialId{i},
                 .config = config,
                 .state = fails ? TrialState::kFailed : TrialState::kCompleted,
                 .iteration = 1,
                 .value = fails ? std::nullopt : std::optional(u),
                 .seconds = fails ? 0.01 : std::pow(100, u)});
    }
    return made;
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
};

TEST_F(CostModelTest, WhatTakesLongerIsWorthLess) {
  CostModel model(cube_, 80);
  model.learn(history(40));

  ASSERT_TRUE(model.counts());
  // Half of the trials are used up, so half of the logarithm counts.
  EXPECT_NEAR(model.penalty(std::array{0.95}) - model.penalty(std::array{0.05}), 0.5 * 0.9 * std::log(100), 0.4);
  EXPECT_NEAR(model.penalty(std::array{0.5}), 0, 0.3);
}

TEST_F(CostModelTest, AtTheEndAndWithFewTrialsNothingCounts) {
  CostModel model(cube_, 40);
  model.learn(history(9));
  EXPECT_FALSE(model.counts()) << "six have ended with a value";
  model.learn(history(30));
  EXPECT_TRUE(model.counts());
  model.learn(history(40));
  EXPECT_FALSE(model.counts());
  EXPECT_EQ(model.penalty(std::array{0.9}), 0);

  CostModel off(cube_, 0);
  off.learn(history(30));
  EXPECT_FALSE(off.counts());
}

class CostAwareTest : public ::testing::TestWithParam<const char*> {};

// Two valleys, of which one is as good as the other and ten times as cheap.
TEST_P(CostAwareTest, SpendsLessOnWhatIsAsGood) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}})").value();
  const auto seconds_of = [&](const std::string& name) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const auto searcher = make_searcher(name, {.space = &space, .seed = seed, .samples = 80}).value();
      for (std::int64_t trial = 0; trial < 40; ++trial) {
        const Config config = searcher->ask(TrialId{trial}).value().value();
        const double x = config["x"].as<double>();
        const double y = config["y"].as<double>();
        const double seconds = x < 0.5 ? 1 : 10;
        sum += seconds;
        searcher->tell({.trial = TrialId{trial},
                        .config = config,
                        .state = TrialState::kCompleted,
                        .iteration = 1,
                        .value = std::pow(std::abs(x - 0.5) - 0.25, 2) + (y - 0.3) * (y - 0.3),
                        .seconds = seconds});
      }
    }
    return sum;
  };

  EXPECT_LT(seconds_of(std::string(GetParam()) + ":cost-aware=1"), 0.8 * seconds_of(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Searchers, CostAwareTest, ::testing::Values("gp", "tpe", "forest", "auto"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace manta::internal::cost_model_test
