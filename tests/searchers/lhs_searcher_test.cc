// SPDX-License-Identifier: Apache-2.0
#include "searchers/lhs_searcher.h"

#include <gtest/gtest.h>

#include <set>

namespace manta::lhs_searcher_test {
namespace {

const char* const kTwoFloats = R"({"x": {"float": [0, 1]}, "y": {"float": [0, 1]}})";

TEST(LhsSearcherTest, EachRoundHasOneTrialInEachStratumOfEachAxis) {
  for (const int samples : {1, 2, 7, 64, 100}) {
    LhsSearcher searcher(parse_space(kTwoFloats).value(), 1, samples);
    for (int round = 0; round < 2; ++round) {
      std::set<int> x;
      std::set<int> y;
      for (int i = 0; i < samples; ++i) {
        const Config config = *searcher.ask(TrialId{round * samples + i}).value();
        x.insert(static_cast<int>(config["x"].as<double>() * samples));
        y.insert(static_cast<int>(config["y"].as<double>() * samples));
      }
      EXPECT_EQ(x.size(), static_cast<std::size_t>(samples));
      EXPECT_EQ(y.size(), static_cast<std::size_t>(samples));
    }
  }
}

TEST(LhsSearcherTest, AxesAndRoundsHaveOrdersOfTheirOwn) {
  LhsSearcher searcher(parse_space(kTwoFloats).value(), 1, 50);
  int equal_axes = 0;
  int equal_rounds = 0;
  for (int trial = 0; trial < 50; ++trial) {
    const Config config = *searcher.ask(TrialId{trial}).value();
    const Config later = *searcher.ask(TrialId{trial + 50}).value();
    const int stratum = static_cast<int>(config["x"].as<double>() * 50);
    equal_axes += stratum == static_cast<int>(config["y"].as<double>() * 50) ? 1 : 0;
    equal_rounds += stratum == static_cast<int>(later["x"].as<double>() * 50) ? 1 : 0;
  }

  EXPECT_LT(equal_axes, 6);
  EXPECT_LT(equal_rounds, 6);
}

TEST(LhsSearcherTest, ARestoredCopyEndsTheRoundThatWasBegun) {
  LhsSearcher first(parse_space(kTwoFloats).value(), 1, 20);
  LhsSearcher longer(parse_space(kTwoFloats).value(), 2, 50);

  ASSERT_TRUE(longer.restore(first.save()).has_value());

  EXPECT_EQ(*longer.ask(TrialId{7}).value(), *first.ask(TrialId{7}).value());
}

}  // namespace
}  // namespace manta::lhs_searcher_test
