// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/repeated_best.h"

#include <gtest/gtest.h>

namespace manta::repeated_best_test {
namespace {

TrialStatus trial(std::int64_t number, double x, std::optional<double> value,
                  TrialState state = TrialState::kCompleted) {
  TrialStatus status;
  status.id = TrialId{number};
  status.config = Config{{"x", x}};
  status.state = state;
  status.value = value;
  return status;
}

TEST(RepeatedBestTest, AMeanBeatsALuckyValue) {
  const std::vector<TrialStatus> trials{trial(0, 0.1, 2.0), trial(1, 0.2, 1.9), trial(2, 0.1, 1.0), trial(3, 0.2, 1.7),
                                        trial(4, 0.2, 1.8), trial(5, 0.3, 9.0), trial(6, 0.1, 3.0)};

  const auto best = best_of_repeated(trials, {.metric = "loss", .mode = Mode::kMin});

  ASSERT_TRUE(best);
  EXPECT_EQ(best->places, (std::vector<std::size_t>{1, 3, 4}));
  EXPECT_NEAR(best->value.mean, 1.8, 1e-12);
  EXPECT_EQ(text_of(*best, trials), "1.8 ± 0.41, the mean of trials 1, 3 and 4");
}

TEST(RepeatedBestTest, AValueThatIsFarBetterNeedsNoRepeat) {
  const std::vector<TrialStatus> trials{trial(0, 0.1, 5.0), trial(1, 0.1, 5.2), trial(2, 0.2, 9.0),
                                        trial(3, 0.3, 20.0, TrialState::kFailed)};

  const auto best = best_of_repeated(trials, {.metric = "accuracy", .mode = Mode::kMax});

  ASSERT_TRUE(best);
  EXPECT_EQ(best->places, (std::vector<std::size_t>{2}));
  EXPECT_EQ(text_of(*best, trials), "9 ± 0.14, trial 2");
}

TEST(RepeatedBestTest, WhatGotLessFarDoesNotCount) {
  std::vector<TrialStatus> trials{trial(0, 0.1, 1.0), trial(1, 0.1, 3.0), trial(2, 0.1, 5.0), trial(3, 0.1, 0.5)};
  trials[1].iteration = trials[2].iteration = 4;

  const auto best = best_of_repeated(trials, {.metric = "loss", .mode = Mode::kMin});

  ASSERT_TRUE(best);
  EXPECT_EQ(best->places, (std::vector<std::size_t>{1, 2}));
}

TEST(RepeatedBestTest, WithoutRepeatsThereIsNone) {
  const Objective objective{.metric = "loss", .mode = Mode::kMin};
  EXPECT_FALSE(best_of_repeated({}, objective));
  EXPECT_FALSE(best_of_repeated(std::vector{trial(0, 0.1, 1.0), trial(1, 0.2, 2.0)}, objective));
  EXPECT_FALSE(best_of_repeated(std::vector{trial(0, 0.1, 1.0), trial(1, 0.1, std::nullopt)}, objective));
}

}  // namespace
}  // namespace manta::repeated_best_test
