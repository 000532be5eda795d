// SPDX-License-Identifier: Apache-2.0
#include "schedulers/pbt_schedule.h"

#include <gtest/gtest.h>

#include "schedulers/make_scheduler.h"

namespace manta::pbt_schedule_test {
namespace {

Config rate(double value) { return {{"rate", value}}; }

TEST(PbtScheduleTest, FollowsTheWeightsOfTheBestBackwards) {
  PbtHistory history;
  history.exploits = {{{1}, {0}, 5, rate(0.1), rate(0.2)},    // 1 goes on from 0.
                      {{2}, {0}, 6, rate(0.1), rate(0.3)},    // Has nothing to do with the best.
                      {{3}, {1}, 10, rate(0.2), rate(0.4)},   // 3 from 1.
                      {{1}, {2}, 15, rate(0.3), rate(0.9)}};  // Later than what 3 took.
  history.best = {{3}, 20, 1.0, rate(0.4), 4};

  const PbtSchedule schedule = PbtSchedule::of(history);

  ASSERT_EQ(schedule.steps.size(), 3u);
  EXPECT_EQ(schedule.steps[0].after, 0);
  EXPECT_EQ(schedule.steps[0].config, rate(0.1));
  EXPECT_EQ(schedule.steps[1].after, 5);
  EXPECT_EQ(schedule.steps[1].config, rate(0.2));
  EXPECT_EQ(schedule.steps[2].after, 10);
  EXPECT_EQ(schedule.steps[2].config, rate(0.4));
  EXPECT_EQ(schedule.steps[0].trial, TrialId{0});
  EXPECT_EQ(schedule.steps[0].exploit, std::nullopt);
  EXPECT_EQ(schedule.steps[1].trial, TrialId{1});
  EXPECT_EQ(schedule.steps[1].exploit, 0u);
  EXPECT_EQ(schedule.steps[2].trial, TrialId{3});
  EXPECT_EQ(schedule.steps[2].exploit, 2u);
}

TEST(PbtScheduleTest, WithoutExploitsItIsOneConfiguration) {
  PbtHistory history;
  history.best = {{0}, 3, 1.0, rate(0.5), 0};

  const PbtSchedule schedule = PbtSchedule::of(history);

  ASSERT_EQ(schedule.steps.size(), 1u);
  EXPECT_EQ(schedule.steps[0].config, rate(0.5));
}

TEST(PbtScheduleTest, WhatCameAfterTheBestReportDoesNotCount) {
  PbtHistory history;
  history.exploits = {{{0}, {1}, 9, rate(0.7), rate(0.8)}};
  history.best = {{0}, 8, 1.0, rate(0.5), 0};

  EXPECT_EQ(PbtSchedule::of(history).steps.size(), 1u);
}

TEST(PbtScheduleTest, AnotherSchedulersSnapshotIsRefused) {
  EXPECT_FALSE(PbtSchedule::from_snapshot({R"({"FifoScheduler":{}})"}));
  EXPECT_FALSE(PbtSchedule::from_snapshot({R"({"PbtScheduler":{}})"}));
}

// A history as a scheduler writes it; `own` are the places of an exploit that older versions did not have.
Snapshot snapshot_with(const std::string& own) {
  return {R"({"PbtScheduler":{"history":{"exploits":[[1,0,5,{"rate":0.1},{"rate":0.2})" + own +
          R"(]],"best":[1,9,-0.5,{"rate":0.2},1]}}})"};
}

TEST(PbtHistoryTest, IsReadFromASnapshot) {
  const Result<PbtHistory> history = PbtHistory::from_snapshot(snapshot_with(R"(,4,{"rate":0.7})"));

  ASSERT_TRUE(history.has_value());
  ASSERT_EQ(history->exploits.size(), 1u);
  EXPECT_EQ(history->exploits[0].donor, TrialId{0});
  EXPECT_EQ(history->exploits[0].own_iteration, 4);
  EXPECT_EQ(history->exploits[0].own_config, rate(0.7));
  EXPECT_EQ(history->best.iteration, 9);
}

TEST(PbtHistoryTest, OneOfAnOlderVersionLacksWhatTheTrialGaveUp) {
  const Result<PbtHistory> history = PbtHistory::from_snapshot(snapshot_with(""));

  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->exploits[0].config, rate(0.2));
  EXPECT_EQ(history->exploits[0].own_config, Config());
}

TEST(PbtHistoryTest, OfACombinationItIsTheFirstOnes) {
  const Space space = parse_space(R"({"rate": {"float": [0, 1]}})").value();
  const auto scheduler = make_scheduler("pbt:interval=1 + patience:reports=5",
                                        {.objective = {"loss", Mode::kMin}, .space = &space, .max_trials = 2});
  std::vector<TrialStatus> trials(2);
  trials[0] = {.id = {0}, .config = rate(0.1), .state = TrialState::kRunning, .iteration = 2};
  trials[1] = {.id = {1}, .config = rate(0.9), .state = TrialState::kRunning, .iteration = 1};
  ASSERT_TRUE((*scheduler)->on_report({.trial = {0}, .iteration = 2, .metrics = {{"loss", 1}}}, trials).has_value());
  ASSERT_TRUE((*scheduler)->on_report({.trial = {1}, .iteration = 1, .metrics = {{"loss", 2}}}, trials).has_value());

  const Result<PbtHistory> history = PbtHistory::from_snapshot((*scheduler)->save());

  ASSERT_TRUE(history.has_value()) << history.error().message;
  ASSERT_EQ(history->exploits.size(), 1u);
  EXPECT_EQ(history->exploits[0].iteration, 2);
  EXPECT_EQ(history->exploits[0].own_iteration, 1);
  EXPECT_EQ(history->exploits[0].own_config, rate(0.9));
}

TEST(PbtHistoryTest, AnyOtherSnapshotIsRefused) {
  EXPECT_FALSE(PbtHistory::from_snapshot({R"({"CombinedScheduler":{"parts":[]}})"}));
  EXPECT_FALSE(PbtHistory::from_snapshot({R"({"FifoScheduler":{}})"}));
  EXPECT_FALSE(PbtHistory::from_snapshot({""}));
}

}  // namespace
}  // namespace manta::pbt_schedule_test
