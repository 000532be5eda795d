// SPDX-License-Identifier: Apache-2.0
// Trials that fail or are infeasible teach where not to look, and are no values.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/base/random.h"
#include "tests/searchers/proposer_run.h"

namespace manta::failures_test {
namespace {

class FailuresTest : public ::testing::TestWithParam<const char*> {
 protected:
  const Space space_ = parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}})").value();
};

double slope(const Config& config) {
  const double y = config["y"].as<double>() - 0.3;
  return config["x"].as<double>() + y * y;
}

// As where a larger model is better until the memory is exceeded. A failure that counted as a bad value would hide the
// best points, which lie at the border.
TEST_P(FailuresTest, TheBestIsFoundAtTheBorderOfWhatFails) {
  const auto fails_below_half = [](const Config& config) -> std::optional<double> {
    if (config["x"].as<double>() < 0.5) return std::nullopt;
    return slope(config);
  };

  EXPECT_LT(median_best(GetParam(), space_, 80, fails_below_half), 0.56);
}

// As where machines fail. Where the function is low a third fails too.
TEST_P(FailuresTest, WhatFailsByChanceKeepsNobodyAway) {
  int trial = 0;
  const auto fails_by_chance = [&trial](const Config& config) -> std::optional<double> {
    RandomStream random(11, static_cast<std::uint64_t>(trial++));
    if (random.uniform() < 0.33) return std::nullopt;
    const double x = config["x"].as<double>() - 0.7;
    const double y = config["y"].as<double>() - 0.3;
    return x * x + y * y;
  };

  const double found = median_best(GetParam(), space_, 80, fails_by_chance);

  EXPECT_LT(found, 0.004);  // Of random points one in eighty.
}

INSTANTIATE_TEST_SUITE_P(Searchers, FailuresTest,
                         ::testing::Values("gp", "tpe", "forest", "cma-es", "bohb", "de", "nsga2", "auto"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace manta::failures_test
