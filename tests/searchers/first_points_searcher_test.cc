// SPDX-License-Identifier: Apache-2.0
// Defaults and start points come first, and everybody else's trials stay as they are.
#include "searchers/first_points_searcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "searchers/random_searcher.h"
#include "tests/support/search_space.h"

namespace manta::first_points_searcher_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSpace = R"({"x": {"float": [0, 1], "default": 0.5}, "n": {"int": [0, 9], "default": 3},
                                   "start": [{"x": 0.25}, {"n": 7, "x": 0.125}]})";

std::unique_ptr<FirstPointsSearcher> searcher_of(const Space& space, std::uint64_t seed) {
  return std::make_unique<FirstPointsSearcher>(first_points(space, seed).value(),
                                               std::make_unique<RandomSearcher>(space, seed));
}

Config ask(Searcher& searcher, std::int64_t trial) { return searcher.ask(TrialId{trial}).value().value(); }

TEST(FirstPointsTest, TheDefaultsComeFirstThenTheStartPointsThenTheSearcher) {
  const Space space = space_of(kSpace);
  const auto searcher = searcher_of(space, 1);
  RandomSearcher random(space, 1);

  EXPECT_EQ(ask(*searcher, 0), (Config{{"x", 0.5}, {"n", std::int64_t{3}}}));
  EXPECT_EQ(ask(*searcher, 1)["x"].as<double>(), 0.25);
  EXPECT_EQ(ask(*searcher, 1).values().at("n"), ask(random, 1).values().at("n"))
      << "what is left out is what the trial would draw";
  EXPECT_EQ(ask(*searcher, 2), (Config{{"x", 0.125}, {"n", std::int64_t{7}}}));
  EXPECT_EQ(ask(*searcher, 3), ask(random, 3));
}

TEST(FirstPointsTest, WithoutADefaultForEachParameterThereIsNoDefaultTrial) {
  EXPECT_TRUE(
      first_points(space_of(R"({"x": {"float": [0, 1], "default": 0.5}, "n": {"int": [0, 9]}})"), 1).value().empty());
  EXPECT_TRUE(first_points(space_of(R"({"only": "constants"})"), 1).value().empty());
}

TEST(FirstPointsTest, AStartPointThatCannotBeCompletedIsToldByItsPlace) {
  const Space space = space_of(R"({"a": {"float": [0, 1]}, "b": {"float": [0, 1]}, "constraints": ["a + b > 1"],
                                   "start": [{"a": 0.5}, {"a": 0}]})");

  const auto points = first_points(space, 1);

  ASSERT_FALSE(points.has_value());
  EXPECT_THAT(points.error().message, HasSubstr("start[1]: space: none of 10000 draws"));
}

TEST(FirstPointsTest, ARestoredOneKeepsThePointsOfTheSnapshot) {
  const Space before = space_of(R"({"x": {"float": [0, 1]}, "n": {"int": [0, 9]}, "start": [{"x": 0.5}]})");
  const auto original = searcher_of(before, 1);
  const auto copy = searcher_of(before, 2);
  const Config drawn = ask(*original, 0);
  ASSERT_NE(ask(*copy, 0), drawn);

  ASSERT_TRUE(copy->restore(original->save()).has_value());

  EXPECT_EQ(ask(*copy, 0), drawn);
  EXPECT_EQ(ask(*copy, 1), ask(*original, 1));
}

TEST(FirstPointsTest, ASnapshotOfTheBareSearcherIsRefused) {
  const Space space = space_of(kSpace);

  const Result<void> restored = searcher_of(space, 1)->restore(RandomSearcher(space, 1).save());

  ASSERT_FALSE(restored.has_value());
  EXPECT_THAT(restored.error().message, HasSubstr("it is of RandomSearcher"));
}

}  // namespace
}  // namespace manta::first_points_searcher_test
