// SPDX-License-Identifier: Apache-2.0
// The schedulers that only look at the trial itself, alone and behind others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "schedulers/combined_scheduler.h"
#include "schedulers/make_scheduler.h"

namespace manta::stopper_test {
namespace {

using ::testing::HasSubstr;

const Objective kLoss{"loss", Mode::kMin};

/// The report of one trial with these values, 1, 2, …, at which `text` stops it; 0: never.
std::size_t stopped_at(const std::string& text, const std::vector<double>& values) {
  const auto scheduler = make_scheduler(text, kLoss).value();
  for (std::size_t index = 0; index < values.size(); ++index) {
    const auto iteration = static_cast<std::int64_t>(index + 1);
    const auto orders =
        scheduler->on_report({.trial = {0}, .iteration = iteration, .metrics = {{"loss", values[index]}}}, {}).value();
    if (!orders.empty() && std::holds_alternative<Stop>(orders.back().action)) return index + 1;
  }
  return 0;
}

std::string message_of(const std::string& text) {
  const auto made = make_scheduler(text, kLoss);
  EXPECT_FALSE(made.has_value()) << text;
  return made ? "" : made.error().message;
}

const double kNan = std::nan("");

TEST(PatienceTest, StopsWhatHasNotBecomeBetterForSoManyReports) {
  EXPECT_EQ(stopped_at("patience:reports=3", {5, 4, 4, 4, 4}), 5u);
  EXPECT_EQ(stopped_at("patience:reports=3", {5, 4, 4, 4, 3, 3, 3, 3}), 8u);
  EXPECT_EQ(stopped_at("patience:reports=3", {5, 4, 3, 2, 1}), 0u);
}

TEST(PatienceTest, AnImprovementMustBeMoreThanDelta) {
  EXPECT_EQ(stopped_at("patience:reports=2,delta=0.5", {5, 4.9, 4.8, 4.7}), 3u);
  EXPECT_EQ(stopped_at("patience:reports=2,delta=0.5", {5, 4, 3, 2}), 0u);
}

TEST(PatienceTest, NanIsNoImprovement) { EXPECT_EQ(stopped_at("patience:reports=2", {kNan, kNan}), 2u); }

TEST(PlateauTest, StopsWhatNoLongerMoves) {
  EXPECT_EQ(stopped_at("plateau:reports=3,std=0.01", {3, 2, 1, 1, 1}), 5u);
  EXPECT_EQ(stopped_at("plateau:reports=3,std=0.01", {1, 2, 1, 2, 1, 2}), 0u);
  EXPECT_EQ(stopped_at("plateau:reports=3,std=0.01", {1, 1, kNan, 1, 1, 1}), 6u);
  EXPECT_EQ(stopped_at("plateau:reports=3,std=0.01,grace=5", {1, 1, 1, 1, 1, 1}), 5u);
}

TEST(ThresholdTest, StopsWhatIsNotGoodEnoughByThen) {
  EXPECT_EQ(stopped_at("threshold:at=3,value=0.5", {1, 1, 1, 1}), 3u);
  EXPECT_EQ(stopped_at("threshold:at=3,value=0.5", {1, 0.5, 1, 1}), 0u);
  EXPECT_EQ(stopped_at("threshold:at=3,value=0.5", {kNan, kNan, kNan}), 3u);
}

TEST(ThresholdTest, NeedsAValue) { EXPECT_THAT(message_of("threshold:at=3"), HasSubstr("value=NUMBER")); }

TEST(CombinedTest, AnyOfThemStops) {
  const std::string text = "fifo + threshold:at=2,value=9 + patience:reports=3";

  EXPECT_EQ(stopped_at(text, {10, 10, 10}), 2u);
  EXPECT_EQ(stopped_at(text, {5, 5, 5, 5}), 4u);
  EXPECT_EQ(stopped_at(text, {5, 4, 3, 2}), 0u);
}

TEST(CombinedTest, AStopReplacesWhatTheFirstOneOrders) {
  const auto scheduler = make_scheduler("asha-promote:eta=2 + threshold:at=1,value=0", kLoss).value();

  const auto orders = scheduler->on_report({.trial = {0}, .iteration = 1, .metrics = {{"loss", 1}}}, {}).value();

  ASSERT_EQ(orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Stop>(orders[0].action));
}

TEST(CombinedTest, OnlyTheFirstMayDoMoreThanStop) {
  EXPECT_THAT(message_of("fifo + hyperband"), HasSubstr("before the first +"));
  EXPECT_THAT(message_of("fifo + "), HasSubstr("there is no such scheduler"));
  EXPECT_THAT(message_of("+fifo"), HasSubstr("there is no such scheduler"));
  EXPECT_THAT(message_of("fifo + patience:reports=0"), HasSubstr("1 to 1000000000"));
}

TEST(CombinedTest, ASnapshotOfAnotherCombinationChangesNothing) {
  const auto scheduler = make_scheduler("asha + patience", kLoss).value();
  ASSERT_TRUE(scheduler->on_report({.trial = {0}, .iteration = 1, .metrics = {{"loss", 1}}}, {}));
  const std::string before = scheduler->save().json;

  EXPECT_FALSE(scheduler->restore(make_scheduler("asha + plateau", kLoss).value()->save()));
  EXPECT_FALSE(scheduler->restore(make_scheduler("asha + patience + plateau", kLoss).value()->save()));

  EXPECT_EQ(scheduler->save().json, before);
}

TEST(RealOptionTest, WhatIsNoNumberOrOutOfRangeIsRefused) {
  EXPECT_THAT(message_of("patience:delta=much"), HasSubstr("\"much\" is no number for delta"));
  EXPECT_THAT(message_of("patience:delta=-1"), HasSubstr("a number from 0"));
  EXPECT_THAT(message_of("patience:delta=nan"), HasSubstr("no number"));
  const Space space;
  const auto made = make_scheduler("pbt:quantile=0.6", {.objective = kLoss, .space = &space});
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr("0 to 0.5"));
}

TEST(PbtOptionTest, PbtNeedsASpaceAndPbtReplayASource) {
  EXPECT_THAT(message_of("pbt"), HasSubstr("search space"));
  EXPECT_THAT(message_of("pbt-replay"), HasSubstr("from=DIRECTORY"));
}

TEST(AshaCostTest, RungsCountWhatTheReportsSay) {
  const auto scheduler = make_scheduler("asha:eta=2,grace=10,max_t=40,cost=tokens", kLoss).value();
  const auto orders_of = [&](std::int64_t trial, double tokens, double loss) {
    return scheduler
        ->on_report({.trial = {trial}, .iteration = 1, .metrics = {{"loss", loss}, {"tokens", tokens}}}, {})
        .value();
  };
  EXPECT_TRUE(orders_of(0, 12, 1).empty());
  EXPECT_TRUE(orders_of(1, 9, 5).empty());  // Not there yet, so it is not judged.
  EXPECT_TRUE(orders_of(2, 11, 2).empty());

  EXPECT_EQ(orders_of(1, 13, 5).size(), 1u);
  EXPECT_EQ(orders_of(0, 40, 1).size(), 1u) << "it has spent max_t";
  EXPECT_FALSE(scheduler->max_iterations());
  EXPECT_FALSE(scheduler->on_report({.trial = {3}, .iteration = 1, .metrics = {{"loss", 1}}}, {}));
}

TEST(AshaCostTest, SecondsAreWhatTheTrialHasRun) {
  const auto scheduler = make_scheduler("asha:eta=2,grace=10,max_t=40,cost=seconds", kLoss).value();

  EXPECT_TRUE(scheduler->on_report({.trial = {0}, .iteration = 900, .seconds = 39, .metrics = {{"loss", 1}}}, {})
                  ->empty());
  EXPECT_FALSE(scheduler->on_report({.trial = {0}, .iteration = 901, .seconds = 41, .metrics = {{"loss", 1}}}, {})
                   ->empty());
}

}  // namespace
}  // namespace manta::stopper_test
