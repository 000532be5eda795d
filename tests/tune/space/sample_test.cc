// SPDX-License-Identifier: Apache-2.0
// Trials drawn from a space: what their values depend on, and what not.
#include <gtest/gtest.h>

#include "tune/space/space.h"

namespace manta::sample_test {
namespace {

GridDomain letters(const std::string& text) {
  GridDomain grid;
  for (const char letter : text) grid.values.emplace_back(std::string(1, letter));
  return grid;
}

TEST(SampleTest, AnEmptySpaceGivesAnEmptyConfiguration) { EXPECT_EQ(sample(Space(), 1, 2, 0).value(), Config()); }

TEST(SampleTest, ATrialIsTheSameEachTime) {
  const Space space({{"a", FloatDomain{}}, {"b", IntDomain{0, 1000000}}});

  EXPECT_EQ(sample(space, 7, 3, 0).value(), sample(space, 7, 3, 0).value());
  EXPECT_NE(sample(space, 7, 3, 0).value(), sample(space, 7, 4, 0).value());
  EXPECT_NE(sample(space, 7, 3, 0).value(), sample(space, 8, 3, 0).value());
}

TEST(SampleTest, FixedSeedsGiveTheseValuesInEveryVersion) {
  const Space space({{"lr", FloatDomain{}}, {"n", IntDomain{0, 1000000}}});

  EXPECT_EQ(sample(space, 0, 0, 0).value().to_json(), R"({"lr":0.2794248941420059,"n":49956})");
  EXPECT_EQ(sample(space, 42, 7, 0).value().to_json(), R"({"lr":0.8284006493378534,"n":799662})");
}

TEST(SampleTest, AParameterAddedOrTakenLeavesTheOthersAlone) {
  const Space small({{"a", FloatDomain{}}});
  const Space large({{"z", FloatDomain{}}, {"a", FloatDomain{}}, {"g", letters("xy")}});

  for (std::int64_t trial = 0; trial < 20; ++trial) {
    EXPECT_EQ(sample(small, 1, trial, 0).value().values().at("a"),
              sample(large, 1, trial, trial % 2).value().values().at("a"));
  }
}

TEST(SampleTest, ParametersOfOneTrialAreDrawnIndependently) {
  const Space space({{"a", FloatDomain{}}, {"b", FloatDomain{}}});
  double covariance = 0;
  for (std::int64_t trial = 0; trial < 1000; ++trial) {
    const Config config = sample(space, 1, trial, 0).value();
    covariance += (config["a"].as<double>() - 0.5) * (config["b"].as<double>() - 0.5) / 1000;
  }

  EXPECT_NEAR(covariance, 0, 0.01) << "1/12 if they were equal";
}

TEST(SampleTest, TheFirstGridParameterVariesSlowest) {
  const Space space({{"first", letters("ab")}, {"x", FloatDomain{}}, {"second", letters("xyz")}});
  std::string points;
  for (std::int64_t index = 0; index < 6; ++index) {
    const Config config = sample(space, 1, 0, index).value();
    points += config["first"].as<std::string>() + config["second"].as<std::string>() + " ";
  }

  EXPECT_EQ(points, "ax ay az bx by bz ");
}

TEST(SampleTest, OfAGridOnlyTheIndexCounts) {
  const Space space({{"g", letters("abc")}});

  EXPECT_EQ(sample(space, 1, 0, 1).value(), sample(space, 99, 55, 1).value());
}

TEST(SampleTest, ANegativeTrialIsATrialLikeAnyOther) {
  const Space space({{"a", FloatDomain{}}});

  EXPECT_TRUE(space.validate(sample(space, 1, -5, 0).value()).has_value());
  EXPECT_NE(sample(space, 1, -5, 0).value(), sample(space, 1, 5, 0).value());
}

TEST(DrawTest, AGridParameterIsDrawnLikeAChoice) {
  const Parameter grid{"g", letters("abc")};
  const Parameter choice{"g", ChoiceDomain{letters("abc").values}};

  for (std::int64_t trial = 0; trial < 20; ++trial) EXPECT_EQ(draw(grid, 1, trial), draw(choice, 1, trial));
}

TEST(SampleDeathTest, AnIndexOutsideTheGridStops) {
  const Space space({{"g", letters("abc")}});

  EXPECT_DEATH(static_cast<void>(sample(space, 1, 0, 3).value()), "outside the grid");
  EXPECT_DEATH(static_cast<void>(sample(space, 1, 0, -1).value()), "outside the grid");
}

}  // namespace
}  // namespace manta::sample_test
