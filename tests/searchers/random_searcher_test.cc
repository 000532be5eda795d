// SPDX-License-Identifier: Apache-2.0
// What random search adds to the contract of searchers.
#include "searchers/random_searcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace manta::random_searcher_test {
namespace {

using ::testing::HasSubstr;

Space space_of(std::string_view json) { return parse_space(json).value(); }

Config suggestion(Searcher& searcher, std::int64_t trial) { return searcher.ask(TrialId{trial}).value().value(); }

TEST(RandomSearcherTest, ItHasNoEnd) {
  RandomSearcher searcher(space_of(R"({"x": {"float": [0, 1]}})"), 1);

  EXPECT_EQ(searcher.size(), std::nullopt);
  EXPECT_TRUE(searcher.ask(TrialId{std::numeric_limits<std::int64_t>::max()}).value().has_value());
}

TEST(RandomSearcherTest, AGridParameterIsDrawnWithEqualMass) {
  RandomSearcher searcher(space_of(R"({"g": {"grid": ["a", "b", "c"]}})"), 1);
  std::map<std::string, int> counts;
  for (std::int64_t trial = 0; trial < 3000; ++trial) ++counts[suggestion(searcher, trial)["g"].as<std::string>()];

  double chi_square = 0;
  for (const auto& [value, count] : counts) chi_square += std::pow(count - 1000.0, 2) / 1000.0;
  EXPECT_EQ(counts.size(), 3u);
  EXPECT_LT(chi_square, 13.8) << "2 degrees of freedom: 0.1 % of seeds lie above";
}

TEST(RandomSearcherTest, AParameterAddedLeavesTheOthersAlone) {
  RandomSearcher small(space_of(R"({"x": {"float": [0, 1]}})"), 1);
  RandomSearcher large(space_of(R"({"g": {"grid": [1, 2]}, "x": {"float": [0, 1]}})"), 1);

  for (std::int64_t trial = 0; trial < 10; ++trial) {
    EXPECT_EQ(suggestion(small, trial).values().at("x"), suggestion(large, trial).values().at("x"));
  }
}

TEST(RandomSearcherTest, RestoreTakesOverTheSeed) {
  const Space space = space_of(R"({"x": {"float": [0, 1]}})");
  RandomSearcher original(space, std::numeric_limits<std::uint64_t>::max());
  RandomSearcher copy(space, 1);

  ASSERT_TRUE(copy.restore(original.save()).has_value());

  EXPECT_EQ(suggestion(copy, 3), suggestion(original, 3));
}

TEST(RandomSearcherTest, ASnapshotOfAnotherSpaceIsRefused) {
  const RandomSearcher original(space_of(R"({"x": {"float": [0, 1]}})"), 1);
  RandomSearcher other(space_of(R"({"x": {"float": [0, 2]}})"), 1);

  const Result<void> restored = other.restore(original.save());

  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(restored.error().message, HasSubstr("another space"));
}

TEST(RandomSearcherTest, ParametersInAnotherOrderAreTheSameSpace) {
  const RandomSearcher original(space_of(R"({"x": {"float": [0, 1]}, "y": 1})"), 1);
  RandomSearcher other(space_of(R"({"y": 1, "x": {"float": [0, 1]}})"), 1);

  EXPECT_TRUE(other.restore(original.save()).has_value());
}

}  // namespace
}  // namespace manta::random_searcher_test
