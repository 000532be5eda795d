// SPDX-License-Identifier: Apache-2.0
// What grid search adds to the contract of searchers.
#include "searchers/grid_searcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace manta::grid_searcher_test {
namespace {

using ::testing::HasSubstr;

Space space_of(std::string_view json) { return parse_space(json).value(); }

Config suggestion(Searcher& searcher, std::int64_t trial) { return searcher.ask(TrialId{trial}).value().value(); }

constexpr const char* kSpace = R"({"a": {"grid": [1, 2]}, "x": {"float": [0, 1]}, "b": {"grid": ["p", "q", "r"]}})";

std::string point(Searcher& searcher, std::int64_t trial) {
  const Config config = suggestion(searcher, trial);
  return std::to_string(config["a"].as<int>()) + config["b"].as<std::string>();
}

TEST(GridSearcherTest, EachRoundVisitsEveryPointOnceInOrder) {
  GridSearcher searcher(space_of(kSpace), 1, 2);
  std::string points;
  for (std::int64_t trial = 0; trial < 12; ++trial) points += point(searcher, trial) + " ";

  EXPECT_EQ(points, "1p 1q 1r 2p 2q 2r 1p 1q 1r 2p 2q 2r ");
  EXPECT_EQ(searcher.size(), 12);
  EXPECT_FALSE(searcher.ask(TrialId{12}).value().has_value());
}

TEST(GridSearcherTest, OtherParametersAreDrawnAnewForEachTrial) {
  GridSearcher searcher(space_of(kSpace), 1, 10);
  std::set<double> values;
  for (std::int64_t trial = 0; trial < 60; ++trial) values.insert(suggestion(searcher, trial)["x"].as<double>());

  EXPECT_EQ(values.size(), 60u);
}

TEST(GridSearcherTest, ASpaceWithoutAGridHasOnePoint) {
  GridSearcher searcher(space_of(R"({"x": {"float": [0, 1]}})"), 1, 3);

  EXPECT_EQ(searcher.size(), 3);
  EXPECT_NE(suggestion(searcher, 0), suggestion(searcher, 1));
  EXPECT_FALSE(searcher.ask(TrialId{3}).value().has_value());
}

TEST(GridSearcherTest, NegativeTrialsWalkTheGridBackwards) {
  GridSearcher searcher(space_of(kSpace), 1, 1);

  EXPECT_EQ(point(searcher, -1), "2r");
  EXPECT_EQ(point(searcher, -6), "1p");
}

std::string all_points(GridSearcher& searcher) {
  std::string points;
  for (std::int64_t trial = 0; trial < searcher.size(); ++trial) points += suggestion(searcher, trial).to_json();
  return points;
}

TEST(GridSearcherTest, APointWhoseInactiveParameterChangesNothingIsVisitedOnce) {
  GridSearcher searcher(space_of(R"({"opt": {"grid": ["adam", "sgd"]},
                                     "momentum": {"grid": [0.8, 0.9], "when": {"opt": "sgd"}}})"),
                        1, 1);

  EXPECT_EQ(all_points(searcher), R"({"opt":"adam"}{"momentum":0.8,"opt":"sgd"}{"momentum":0.9,"opt":"sgd"})");
}

TEST(GridSearcherTest, APointThatBreaksAConstraintIsLeftOut) {
  GridSearcher searcher(
      space_of(R"({"a": {"grid": [1, 2, 3]}, "b": {"grid": [1, 2]}, "top": 4, "constraints": ["a * b < top"]})"), 1, 2);

  EXPECT_EQ(searcher.size(), 8);
  EXPECT_EQ(suggestion(searcher, 2)["a"].as<int>(), 2);
  EXPECT_EQ(suggestion(searcher, 3)["a"].as<int>(), 3);
  EXPECT_EQ(suggestion(searcher, 7), suggestion(searcher, 3));
}

TEST(GridSearcherTest, WhatDependsOnADrawnParameterIsDecidedByTheDraw) {
  const Space space = space_of(R"({"opt": {"choice": ["adam", "sgd"]}, "x": {"float": [0, 1]},
                                   "momentum": {"grid": [0.2, 0.9], "when": {"opt": "sgd"}},
                                   "constraints": ["momentum < x"]})");
  GridSearcher searcher(space, 1, 20);
  int with_momentum = 0;
  for (std::int64_t trial = 0; trial < 40; ++trial) {
    const Config config = suggestion(searcher, trial);
    EXPECT_TRUE(space.validate(config).has_value());
    with_momentum += config["momentum"].exists() ? 1 : 0;
  }

  EXPECT_EQ(searcher.size(), 40);
  EXPECT_GT(with_momentum, 5);
  EXPECT_LT(with_momentum, 35);
}

TEST(GridSearcherTest, TheSizeSaturates) {
  const GridSearcher searcher(space_of(kSpace), 1, std::numeric_limits<std::int64_t>::max());

  EXPECT_EQ(searcher.size(), std::int64_t{1} << 62);
}

TEST(GridSearcherTest, RestoreTakesOverTheSeedButNotTheSamples) {
  GridSearcher original(space_of(kSpace), 5, 1);
  GridSearcher longer(space_of(kSpace), 1, 3);

  ASSERT_TRUE(longer.restore(original.save()).has_value());

  EXPECT_EQ(suggestion(longer, 2), suggestion(original, 2));
  EXPECT_EQ(longer.size(), 18);
}

TEST(GridSearcherTest, ASnapshotOfAnotherSpaceOrGridOrderIsRefused) {
  const GridSearcher original(space_of(kSpace), 1, 1);
  GridSearcher shorter(space_of(R"({"a": {"grid": [1, 2]}, "x": {"float": [0, 1]}, "b": {"grid": ["p", "q"]}})"), 1, 1);
  GridSearcher swapped(space_of(R"({"b": {"grid": ["p", "q", "r"]}, "x": {"float": [0, 1]}, "a": {"grid": [1, 2]}})"),
                       1, 1);
  GridSearcher moved(space_of(R"({"x": {"float": [0, 1]}, "a": {"grid": [1, 2]}, "b": {"grid": ["p", "q", "r"]}})"), 1,
                     1);

  EXPECT_THAT(shorter.restore(original.save()).error().message, HasSubstr("another space"));
  EXPECT_FALSE(swapped.restore(original.save()).has_value()) << "its points come in another order";
  EXPECT_TRUE(moved.restore(original.save()).has_value()) << "its points come in the same order";
}

TEST(GridSearcherDeathTest, NoSamplesAtAllAreABug) {
  EXPECT_DEATH(GridSearcher(space_of(kSpace), 1, 0), "once at least");
}

}  // namespace
}  // namespace manta::grid_searcher_test
