// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/training_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace manta::gp::training_set_test {
namespace {

class TrainingSetTest : public ::testing::Test {
 protected:
  void suggest(std::int64_t trial) { history_.suggest(TrialId{trial}, std::vector<double>{0.5}); }
  void tell(std::int64_t trial, std::optional<double> value, TrialState state = TrialState::kCompleted) {
    const Config config{{"x", 0.5}};
    history_.tell({.trial = TrialId{trial}, .config = config, .state = state, .iteration = 1, .value = value});
  }
  // The later, the worse.
  void tell_many(std::int64_t begin, std::int64_t end) {
    for (std::int64_t trial = begin; trial < end; ++trial) tell(trial, static_cast<double>(trial));
  }
  bool has(std::size_t place) const { return std::ranges::count(set_.state().places, place) == 1; }
  std::size_t size() const { return set_.state().places.size(); }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
  internal::History history_{cube_, Objective{.metric = "loss"}};
  TrainingSet set_;
};

TEST_F(TrainingSetTest, ItTakesTrialsInTheOrderInWhichTheyGetAValue) {
  for (int trial = 0; trial < 6; ++trial) suggest(trial);
  tell(1, 1);
  tell(4, 1);
  set_.begin_fit(history_);
  tell(3, 1);
  EXPECT_FALSE(set_.update(history_));
  tell(0, 1);
  tell(5, std::nullopt, TrialState::kFailed);
  EXPECT_FALSE(set_.update(history_));

  EXPECT_EQ(set_.state().places, (std::vector<std::size_t>{1, 4, 3, 0}));
  EXPECT_EQ(set_.state().at_once, 2u);
}

TEST_F(TrainingSetTest, WhatLosesItsValueMakesItChooseAnew) {
  suggest(9);
  tell(0, 1, TrialState::kRunning);
  set_.begin_fit(history_);
  tell(1, 2);
  tell(9, 3);
  set_.update(history_);
  tell(0, std::nullopt, TrialState::kFailed);

  EXPECT_TRUE(set_.update(history_));

  EXPECT_EQ(set_.state().places, (std::vector<std::size_t>{0, 2})) << "in the order of the history";
  EXPECT_EQ(set_.state().at_once, 2u);
}

TEST_F(TrainingSetTest, FitsAreDueAfterEachTrialThenAtMultiples) {
  std::vector<std::size_t> fits;
  for (std::int64_t trial = 0; trial < 140; ++trial) {
    tell(trial, 1);
    if (!set_.is_fit_due(history_)) continue;
    set_.begin_fit(history_);
    fits.push_back(history_.valued());
    EXPECT_FALSE(set_.is_fit_due(history_));
  }

  EXPECT_EQ(std::vector(fits.begin() + 58, fits.begin() + 64), (std::vector<std::size_t>{59, 60, 62, 64, 68, 72}));
  EXPECT_EQ(fits.back(), 136u);
}

TEST_F(TrainingSetTest, WhenTheNextFitIsDueDoesNotDependOnHowOftenItWasAsked) {
  TrainingSet seldom;
  for (std::int64_t trial = 0; trial < 300; ++trial) {
    tell(trial, 1);
    if (set_.is_fit_due(history_)) set_.begin_fit(history_);
    if (trial % 7 == 0 && seldom.is_fit_due(history_)) seldom.begin_fit(history_);
  }
  EXPECT_EQ(set_.state().fitted, 288u);
  EXPECT_EQ(seldom.state().fitted, 288u);
}

TEST_F(TrainingSetTest, OfTooManyItTakesTheBestAndTheNewestAndWhatComes) {
  tell_many(0, 1000);
  suggest(5000);
  tell_many(1000, 2999);
  set_.begin_fit(history_);
  EXPECT_EQ(size(), TrainingSet::kMost);
  constexpr std::size_t kHalf = TrainingSet::kMost / 2;
  EXPECT_TRUE(has(0) && has(kHalf - 1)) << "the best";
  EXPECT_TRUE(has(2999) && has(3000 - kHalf)) << "the newest";
  EXPECT_FALSE(has(kHalf) || has(2999 - kHalf));

  tell(5000, 1e9);
  tell(6000, 1e9);
  EXPECT_FALSE(set_.update(history_));

  EXPECT_EQ(size(), TrainingSet::kMost + 2);
  EXPECT_TRUE(has(1000)) << "it was pending";
  EXPECT_TRUE(has(3000));
}

TEST_F(TrainingSetTest, ItsSizeHasABound) {
  std::size_t most = 0;
  for (std::int64_t trial = 0; trial < 3000; ++trial) {
    tell(trial, 1);
    if (set_.is_fit_due(history_)) {
      set_.begin_fit(history_);
    } else if (trial % 16 == 0) {
      set_.update(history_);
    }
    most = std::max(most, size());
  }
  EXPECT_LE(most, TrainingSet::kAll + TrainingSet::kStep);
  EXPECT_LE(size(), TrainingSet::kMost + TrainingSet::kStep);
}

TEST(TuningSampleTest, OfManyItHasTheLowestAndSomeOfAll) {
  EXPECT_EQ(tuning_sample(std::vector<double>{3, 1}), (std::vector<std::size_t>{0, 1}));
  std::vector<double> values(2000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -static_cast<double>(i % 1000);

  const std::vector<std::size_t> sample = tuning_sample(values);

  EXPECT_EQ(sample.size(), TrainingSet::kTuned);
  EXPECT_TRUE(std::ranges::is_sorted(sample));
  EXPECT_EQ(std::set<std::size_t>(sample.begin(), sample.end()).size(), sample.size());
  for (std::size_t i = 900; i < 1000; ++i) EXPECT_TRUE(std::ranges::binary_search(sample, i)) << i;
  EXPECT_LT(sample.front(), 20u);
  EXPECT_GT(std::ranges::count_if(sample, [](std::size_t i) { return i >= 1000; }), 180);
}

}  // namespace
}  // namespace manta::gp::training_set_test
