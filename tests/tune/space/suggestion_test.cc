// SPDX-License-Identifier: Apache-2.0
// Guesses at slips.
#include "tune/space/internal/suggestion.h"

#include <gtest/gtest.h>

namespace manta::internal {
namespace {

TEST(SuggestionTest, EachSlipOfOneLetterIsUnderstood) {
  const std::vector<std::string> words{"float", "choice", "log"};

  EXPECT_EQ(suggestion("flaot", words), "; did you mean \"float\"?") << "swapped";
  EXPECT_EQ(suggestion("floot", words), "; did you mean \"float\"?") << "replaced";
  EXPECT_EQ(suggestion("choce", words), "; did you mean \"choice\"?") << "left out";
  EXPECT_EQ(suggestion("choicee", words), "; did you mean \"choice\"?") << "added";
  EXPECT_EQ(suggestion("lgo", words), "; did you mean \"log\"?");
}

TEST(SuggestionTest, WhatIsTooFarIsNoSlip) {
  EXPECT_EQ(suggestion("gaussian", {"float", "normal"}), "");
  EXPECT_EQ(suggestion("", {"float"}), "");
  EXPECT_EQ(suggestion("float", {}), "");
  EXPECT_EQ(suggestion(std::string(100000, 'x'), {std::string(99999, 'x')}), "") << "too long to compare";
}

TEST(SuggestionTest, OfSeveralTheNearestIsMeant) {
  EXPECT_EQ(suggestion("layers", {"layer", "layers2", "players"}), "; did you mean \"layer\"?");
  EXPECT_EQ(suggestion("hidden_sizes", {"hidden", "hidden_size"}), "; did you mean \"hidden_size\"?");
}

}  // namespace
}  // namespace manta::internal
