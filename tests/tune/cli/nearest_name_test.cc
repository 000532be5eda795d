// SPDX-License-Identifier: Apache-2.0
// Slips and what was meant.
#include "tune/cli/nearest_name.h"

#include <gtest/gtest.h>

namespace manta {
namespace {

const std::vector<std::string> kNames{"--metric", "--mode", "--samples", "--seed"};

TEST(NearestNameTest, ASlipFindsItsName) {
  EXPECT_EQ(nearest_name("--metrik", kNames), "--metric");
  EXPECT_EQ(nearest_name("--smaples", kNames), "--samples");
  EXPECT_EQ(nearest_name("--sample", kNames), "--samples");
  EXPECT_EQ(nearest_name("--mode", kNames), "--mode");
}

TEST(NearestNameTest, AnotherWordFindsNone) {
  EXPECT_FALSE(nearest_name("--verbose", kNames).has_value());
  EXPECT_FALSE(nearest_name("", {}).has_value());
  EXPECT_FALSE(nearest_name(std::string(100000, 'x'), kNames).has_value());
}

TEST(NearestNameTest, TheSuggestionIsWordsOrNothing) {
  EXPECT_EQ(did_you_mean("--sed", kNames), "; did you mean \"--seed\"?");
  EXPECT_EQ(did_you_mean("--verbose", kNames), "");
}

}  // namespace
}  // namespace manta
