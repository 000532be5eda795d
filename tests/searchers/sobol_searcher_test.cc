// SPDX-License-Identifier: Apache-2.0
#include "searchers/sobol_searcher.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace manta::sobol_searcher_test {
namespace {

constexpr std::uint32_t kHalf = 0x80000000u;
constexpr std::uint32_t kQuarter = 0x40000000u;

TEST(SobolSearcherTest, TheSequenceBeginsAsEverywhere) {
  using Point = std::vector<std::uint32_t>;

  EXPECT_EQ(sobol_point(0, 2), (Point{0, 0}));
  EXPECT_EQ(sobol_point(1, 2), (Point{kHalf, kHalf}));
  EXPECT_EQ(sobol_point(2, 2), (Point{kHalf + kQuarter, kQuarter}));
  EXPECT_EQ(sobol_point(3, 2), (Point{kQuarter, kHalf + kQuarter}));
}

TEST(SobolSearcherTest, ScramblingKeepsOneOf64TrialsInEachStratumAndInEachSquare) {
  const Space space =
      parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}, "z": {"float": [0, 1]}})").value();
  for (const std::uint64_t seed : {1, 2, 3}) {
    SobolSearcher searcher(space, seed);
    std::set<int> strata;
    std::set<int> squares;
    for (int trial = 0; trial < 64; ++trial) {
      const Config config = *searcher.ask(TrialId{trial}).value();
      strata.insert(static_cast<int>(config["z"].as<double>() * 64));
      squares.insert(static_cast<int>(config["x"].as<double>() * 8) * 8 +
                     static_cast<int>(config["y"].as<double>() * 8));
    }
    EXPECT_EQ(strata.size(), 64u);
    EXPECT_EQ(squares.size(), 64u);
  }
}

TEST(SobolSearcherTest, ALevelOfAChoiceComesAsOftenAsAnother) {
  const Space space = parse_space(R"({"c": {"choice": ["a", "b", "c", "d"]}})").value();
  SobolSearcher searcher(space, 1);
  int count = 0;
  for (int trial = 0; trial < 32; ++trial) {
    count += (*searcher.ask(TrialId{trial}).value())["c"].as<std::string>() == "a" ? 1 : 0;
  }

  EXPECT_EQ(count, 8);
}

TEST(SobolSearcherTest, TheOrderOfParametersDoesNotCount) {
  SobolSearcher one(parse_space(R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}})").value(), 1);
  SobolSearcher other(parse_space(R"({"y": {"float": [0, 1]}, "x": {"float": [0, 1]}})").value(), 1);

  EXPECT_EQ((*one.ask(TrialId{5}).value())["x"].as<double>(), (*other.ask(TrialId{5}).value())["x"].as<double>());
}

TEST(SobolSearcherTest, AxesBeyondTheTableAreDrawn) {
  std::string json = "{";
  for (int i = 0; i < 3668; ++i) {
    json += (i == 0 ? "\"x" : ", \"x") + std::to_string(10000 + i) + R"(": {"float": [0, 1]})";
  }
  SobolSearcher searcher(parse_space(json + "}").value(), 1);

  const Config one = *searcher.ask(TrialId{1}).value();
  const Config two = *searcher.ask(TrialId{2}).value();

  EXPECT_NE(one["x13667"].as<double>(), two["x13667"].as<double>());
}

}  // namespace
}  // namespace manta::sobol_searcher_test
