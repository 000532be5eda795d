// SPDX-License-Identifier: Apache-2.0
// Guesses at slips.
#include "core/base/did_you_mean.h"

#include <gtest/gtest.h>

namespace manta::did_you_mean_test {
namespace {

TEST(DidYouMeanTest, EachSlipOfOneLetterIsUnderstood) {
  const std::vector<std::string> words{"float", "choice", "log"};

  EXPECT_EQ(did_you_mean("flaot", words), "; did you mean \"float\"?") << "swapped";
  EXPECT_EQ(did_you_mean("floot", words), "; did you mean \"float\"?") << "replaced";
  EXPECT_EQ(did_you_mean("choce", words), "; did you mean \"choice\"?") << "left out";
  EXPECT_EQ(did_you_mean("choicee", words), "; did you mean \"choice\"?") << "added";
  EXPECT_EQ(did_you_mean("lgo", words), "; did you mean \"log\"?");
}

TEST(DidYouMeanTest, WhatIsTooFarIsNoSlip) {
  EXPECT_EQ(did_you_mean("gaussian", {"float", "normal"}), "");
  EXPECT_EQ(did_you_mean("", {"float"}), "");
  EXPECT_EQ(did_you_mean("float", {}), "");
  EXPECT_EQ(did_you_mean(std::string(100000, 'x'), {std::string(99999, 'x')}), "") << "too long to compare";
}

TEST(DidYouMeanTest, OfSeveralTheNearestIsMeant) {
  EXPECT_EQ(did_you_mean("layers", {"layer", "layers2", "players"}), "; did you mean \"layer\"?");
  EXPECT_EQ(did_you_mean("hidden_sizes", {"hidden", "hidden_size"}), "; did you mean \"hidden_size\"?");
}

}  // namespace
}  // namespace manta::did_you_mean_test
