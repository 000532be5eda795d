// SPDX-License-Identifier: Apache-2.0
#include "searchers/internal/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace manta::internal::history_test {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  void suggest(std::int64_t trial, double x) { history_.suggest(TrialId{trial}, cube_.encode(config(x))); }
  static Config config(double x) { return Config{{"x", x}, {"k", std::int64_t{2}}}; }
  void tell(std::int64_t trial, double x, std::optional<double> value, TrialState state, std::int64_t iteration = 1) {
    const Config told = config(x);
    history_.tell({.trial = TrialId{trial}, .config = told, .state = state, .iteration = iteration, .value = value});
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}, "k": {"int": [1, 4]}})").value()};
  History history_{cube_, Objective{.metric = "score", .mode = Mode::kMax}};
};

TEST_F(HistoryTest, ATrialGoesFromPendingOverReportsToItsEnd) {
  suggest(0, 0.25);
  EXPECT_EQ(history_[0].state, TrialRecord::State::kPending);
  EXPECT_EQ(history_.valued(), 0u);
  tell(0, 0.25, 3, TrialState::kRunning, 1);
  EXPECT_EQ(history_[0].state, TrialRecord::State::kReported);
  tell(0, 0.25, 5, TrialState::kCompleted, 2);

  EXPECT_EQ(history_[0].state, TrialRecord::State::kEnded);
  EXPECT_EQ(history_[0].loss, -5) << "larger is better";
  EXPECT_EQ(history_[0].iteration, 2);
  EXPECT_EQ(history_.valued(), 1u);
  EXPECT_EQ(history_.size(), 1u);
}

TEST_F(HistoryTest, WhatIsNoNumberIsNoLoss) {
  suggest(0, 0.1);
  suggest(1, 0.2);
  suggest(2, 0.3);
  suggest(3, 0.4);
  tell(0, 0.1, std::numeric_limits<double>::quiet_NaN(), TrialState::kCompleted);
  tell(1, 0.2, std::nullopt, TrialState::kFailed);
  tell(2, 0.3, 1, TrialState::kInfeasible);
  tell(3, 0.4, 1, TrialState::kRunning);
  tell(3, 0.4, std::numeric_limits<double>::infinity(), TrialState::kStopped);

  EXPECT_EQ(history_.valued(), 0u);
  EXPECT_EQ(history_[1].state, TrialRecord::State::kFailed);
  EXPECT_EQ(history_[2].state, TrialRecord::State::kInfeasible);
  EXPECT_EQ(history_[3].state, TrialRecord::State::kFailed);
}

TEST_F(HistoryTest, TrialsThatWereNotSuggestedHereCountToo) {
  tell(7, 0.5, 2, TrialState::kCompleted);

  EXPECT_EQ(history_.valued(), 1u);
  EXPECT_EQ(history_.point(0)[0], 0.5);
  EXPECT_TRUE(history_.contains(cube_.encode(config(0.5))));
  EXPECT_FALSE(history_.contains(cube_.encode(config(0.6))));
}

TEST_F(HistoryTest, OfManyTrialsInAnyOrderEachIsFound) {
  constexpr std::int64_t kMany = 1000;
  for (std::int64_t k = 0; k < kMany; ++k) suggest(k * 7919 % kMany - 300, static_cast<double>(k) / kMany);
  for (std::int64_t trial = -300; trial < kMany - 300; ++trial)
    tell(trial, 0.5, static_cast<double>(trial), TrialState::kRunning);

  EXPECT_EQ(history_.size(), 1000u);
  EXPECT_EQ(history_.valued(), 1000u);
  for (std::size_t i = 0; i < history_.size(); ++i) {
    EXPECT_EQ(history_[i].loss, -static_cast<double>(history_[i].trial));
    EXPECT_TRUE(history_.contains(history_.point(i)));
  }
  EXPECT_FALSE(history_.contains(cube_.encode(config(0.12345))));
}

TEST_F(HistoryTest, ACloneEndsWithTheConfigurationThatItHas) {
  suggest(0, 0.5);
  tell(0, 0.75, 2, TrialState::kCompleted);

  EXPECT_EQ(history_.point(0)[0], 0.75);
}

TEST_F(HistoryTest, WhatIsWrittenIsReadAgain) {
  suggest(0, 0.1);
  tell(3, 0.3, 2.5, TrialState::kCompleted, 9);
  tell(4, 0.7, std::nullopt, TrialState::kFailed);
  History copy(cube_, Objective{.metric = "score", .mode = Mode::kMax});

  ASSERT_TRUE(copy.load(history_.to_json()).has_value());

  EXPECT_EQ(copy.to_json(), history_.to_json());
  EXPECT_EQ(copy.valued(), 1u);
  EXPECT_TRUE(copy.contains(cube_.encode(config(0.3))));
}

TEST_F(HistoryTest, WhatIsDamagedIsRefusedAndChangesNothing) {
  tell(3, 0.3, 2.5, TrialState::kCompleted, 9);
  const std::string before = history_.to_json();
  for (const char* json : {"", "{}", "[1]", "[[0,9,1,1.0,0.0,[0.1,0.2]]]", "[[0,1,1,1.0,0.0,[0.1]]]",
                           "[[0,1,1,1.0,0.0,[0.1,0.2]],[0,1,1,1.0,0.0,[0.1,0.2]]]"}) {
    EXPECT_FALSE(history_.load(json).has_value()) << json;
    EXPECT_EQ(history_.to_json(), before);
  }
}

class FurtherHistoryTest : public HistoryTest {
 protected:
  void tell_all(std::int64_t trial, const Metrics& metrics, TrialState state = TrialState::kRunning) {
    const Config told = config(0.5);
    Outcome outcome{.trial = TrialId{trial}, .config = told, .state = state, .iteration = 1};
    outcome.value = metrics.find("score");
    outcome.metrics = &metrics;
    history_.tell(outcome);
  }

  const FurtherGoals further_{.objectives = {{"ms", Mode::kMin}, {"recall", Mode::kMax}},
                              .constraints = {MetricCondition::parse("bytes <= 10").value()}};
  History history_{cube_, Objective{.metric = "score", .mode = Mode::kMax}, further_};
};

TEST_F(FurtherHistoryTest, KeepsAllObjectivesOfTheLastReportBeyondTheEnd) {
  tell_all(0, {{"score", 1}, {"ms", 9}, {"recall", 0.1}, {"bytes", 3}});
  tell_all(0, {{"score", 2}, {"ms", 7}, {"recall", 0.5}, {"bytes", 4}});
  const Config told = config(0.5);
  history_.tell({.trial = TrialId{0}, .config = told, .state = TrialState::kCompleted, .iteration = 1, .value = 2});

  EXPECT_EQ(history_.objectives(), 3u);
  EXPECT_EQ(history_[0].state, TrialRecord::State::kEnded);
  EXPECT_EQ(history_[0].loss, -2);
  EXPECT_EQ(history_.further_losses(0)[0], 7);
  EXPECT_EQ(history_.further_losses(0)[1], -0.5);
  EXPECT_EQ(history_.margins(0)[0], -6);
  EXPECT_TRUE(history_.is_complete(0));
}

TEST_F(FurtherHistoryTest, WhatIsMissingOrNotFiniteIsNotKnown) {
  history_.suggest(TrialId{0}, cube_.encode(config(0.1)));
  tell_all(1, {{"score", 1}, {"ms", std::numeric_limits<double>::infinity()}, {"bytes", 3}});

  EXPECT_TRUE(std::isnan(history_.further_losses(0)[0]));
  EXPECT_EQ(history_.margins(0)[0], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(history_.further_losses(1)[0]));
  EXPECT_TRUE(std::isnan(history_.further_losses(1)[1]));
  EXPECT_FALSE(history_.is_complete(0) || history_.is_complete(1));
  EXPECT_EQ(history_[1].state, TrialRecord::State::kReported) << "as far as the others are concerned it has a value";
}

TEST_F(FurtherHistoryTest, WhatBreaksAConstraintHasNoValueButALoss) {
  tell_all(0, {{"score", 1}, {"bytes", 12}}, TrialState::kCompleted);
  tell_all(1, {{"score", 1}}, TrialState::kCompleted);
  tell_all(2, {{"score", 1}, {"bytes", 10}}, TrialState::kCompleted);

  EXPECT_EQ(history_[0].state, TrialRecord::State::kViolating);
  EXPECT_EQ(history_[0].loss, -1);
  EXPECT_EQ(history_.margins(0)[0], 2);
  EXPECT_EQ(history_[1].state, TrialRecord::State::kViolating) << "not known to be kept";
  tell_all(3, {{"score", 1}, {"bytes", 12}}, TrialState::kRunning);
  EXPECT_EQ(history_[3].state, TrialRecord::State::kPending) << "it may still come to keep it";
  EXPECT_EQ(history_.valued(), 1u);
}

TEST_F(FurtherHistoryTest, WhatIsWrittenIsReadAgain) {
  tell_all(0, {{"score", 1}, {"ms", 9}, {"bytes", 3}});
  tell_all(1, {{"score", 1}, {"recall", 2}});
  History copy(cube_, Objective{.metric = "score", .mode = Mode::kMax}, further_);

  ASSERT_TRUE(copy.load(history_.to_json()).has_value());

  EXPECT_EQ(copy.to_json(), history_.to_json());
  EXPECT_EQ(copy.further_losses(0)[0], 9);
  EXPECT_TRUE(std::isnan(copy.further_losses(0)[1]));
  EXPECT_EQ(copy.margins(1)[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(copy.valued(), 1u);
  History without(cube_, Objective{.metric = "score", .mode = Mode::kMax});
  EXPECT_FALSE(without.load(history_.to_json()).has_value());
}

}  // namespace
}  // namespace manta::internal::history_test
