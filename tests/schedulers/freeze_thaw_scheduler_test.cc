// SPDX-License-Identifier: Apache-2.0
#include "schedulers/freeze_thaw_scheduler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/loop/simulated_executor.h"
#include "tune/loop/simulation_parts.h"
#include "tune/loop/tune_loop.h"

namespace manta::freeze_thaw_scheduler_test {
namespace {

const Space& space_of_x() {
  static const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  return space;
}

// Trials at x = 0.05, 0.15, …, all running.
class FreezeThawSchedulerTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrials = 10;

  FreezeThawSchedulerTest() {
    for (std::int64_t number = 0; number < kTrials; ++number)
      trials_.push_back({.id = {number},
                         .config = {{"x", (static_cast<double>(number) + 0.5) / kTrials}},
                         .state = TrialState::kRunning});
  }

  // "", "pause" or "stop".
  std::string report(std::int64_t trial, std::int64_t iteration, double loss) {
    const auto orders =
        scheduler_.on_report({.trial = {trial}, .iteration = iteration, .metrics = {{"loss", loss}}}, trials_);
    EXPECT_TRUE(orders.has_value());
    if (!orders || orders->empty()) return "";
    const bool is_pause = std::holds_alternative<Pause>(orders->front().action);
    trials_[static_cast<std::size_t>(trial)].state = is_pause ? TrialState::kPaused : TrialState::kStopped;
    return is_pause ? "pause" : "stop";
  }
  // Each reports its first iteration, and waits: the losses fall with x, and the best comes first.
  void begin_all() {
    for (std::int64_t trial = kTrials; trial-- > 0;) report(trial, 1, 1 - 0.1 * static_cast<double>(trial));
  }
  std::optional<TrialId> resume(bool more_to_come = false) {
    const std::optional<TrialId> next = scheduler_.next_to_resume(trials_, more_to_come);
    if (next) trials_[static_cast<std::size_t>(next->number)].state = TrialState::kRunning;
    return next;
  }

  FreezeThawScheduler scheduler_{{"loss", Mode::kMin}, space_of_x(), {.max_t = 27}};
  std::vector<TrialStatus> trials_;
};

TEST_F(FreezeThawSchedulerTest, WithoutAModelEveryTrialPausesAtItsFirstReportAndNewOnesBegin) {
  EXPECT_EQ(report(0, 1, 0.5), "pause");
  EXPECT_EQ(report(1, 1, 0.4), "pause");

  EXPECT_EQ(resume(true), std::nullopt);
}

TEST_F(FreezeThawSchedulerTest, TheBestTrialGoesOnWithoutAPause) {
  for (std::int64_t trial = 0; trial < kTrials; ++trial) report(trial, 1, 1 - 0.1 * static_cast<double>(trial));

  EXPECT_EQ(trials_[0].state, TrialState::kPaused);
  EXPECT_EQ(trials_[9].state, TrialState::kRunning);
}

TEST_F(FreezeThawSchedulerTest, WhatPromisesMostGoesOnFirst) {
  begin_all();

  EXPECT_EQ(resume(), TrialId{9});
  EXPECT_EQ(resume(), TrialId{8});
}

TEST_F(FreezeThawSchedulerTest, BetweenTwoLooksATrialGoesOn) {
  begin_all();
  ASSERT_EQ(resume(), TrialId{9});
  report(9, 2, 0.05);
  report(9, 3, 0.04);
  report(9, 4, 0.03);

  EXPECT_EQ(report(9, 5, 1e9), "") << "iteration 5 is none at which it is looked at";
}

TEST_F(FreezeThawSchedulerTest, ATrialThatTurnsOutBadGivesWay) {
  begin_all();
  ASSERT_EQ(resume(), TrialId{9});

  std::string order;
  for (std::int64_t iteration = 2; iteration < 9 && order.empty(); ++iteration) order = report(9, iteration, 5.0);

  EXPECT_EQ(order, "pause");
  EXPECT_EQ(resume(), TrialId{8});
}

TEST_F(FreezeThawSchedulerTest, AValueThatIsNotFiniteStopsItsTrialAndTeachesNothing) {
  begin_all();
  ASSERT_EQ(resume(), TrialId{9});
  const auto before = scheduler_.next_to_resume(trials_, false);

  EXPECT_EQ(report(9, 2, std::numeric_limits<double>::quiet_NaN()), "stop");

  EXPECT_EQ(scheduler_.next_to_resume(trials_, false), before);
}

TEST_F(FreezeThawSchedulerTest, OneOfHugeLossHidesNobody) {
  report(0, 1, 1e300);
  for (std::int64_t trial = 1; trial < kTrials; ++trial) report(trial, 1, 1 - 0.1 * static_cast<double>(trial));

  EXPECT_EQ(trials_[9].state, TrialState::kRunning);
}

TEST_F(FreezeThawSchedulerTest, NothingIsPausedAtItsEnd) {
  begin_all();

  EXPECT_EQ(report(9, 27, 3.0), "");
}

TEST_F(FreezeThawSchedulerTest, WhatIsLikeliestToBeBestComesToItsEndWhereNothingElseDoes) {
  for (std::int64_t trial = 0; trial < 3; ++trial) report(trial, 1, static_cast<double>(trial));

  EXPECT_NE(resume(false), std::nullopt);
}

TEST_F(FreezeThawSchedulerTest, AnotherMetricRefusesItsSnapshot) {
  begin_all();
  FreezeThawScheduler other({"accuracy", Mode::kMax}, space_of_x(), {.max_t = 27});

  EXPECT_FALSE(other.restore(scheduler_.save()).has_value());
}

TEST(MakeFreezeThawTest, NeedsASpace) {
  const auto made = make_scheduler("freeze-thaw", Objective{"loss", Mode::kMin}, 9);

  ASSERT_FALSE(made.has_value());
  EXPECT_NE(made.error().message.find("space"), std::string::npos);
}

// Curves that fall to (x - 0.7)^2, all alike at first; iterations spent until some trial has come below `goal`.
std::int64_t iterations_until(const std::string& searcher, const std::string& scheduler, double goal,
                              std::uint64_t seed) {
  std::int64_t spent = 0;
  std::optional<std::int64_t> reached;
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = 60;
  options.max_iterations = 27;
  options.concurrency = 2;
  SimulatedExecutor executor(
      [&](const Config& config, TrialId, std::int64_t iteration) {
        const double far = config["x"].as<double>() - 0.7;
        const double loss = far * far + std::exp(-0.15 * static_cast<double>(iteration));
        ++spent;
        if (loss < goal && !reached) reached = spent;
        return std::optional(Stepped{.metrics = {{"loss", loss}}, .seconds = 1});
      },
      {.slots = 2});
  const auto who = make_searcher(searcher, {.space = &space_of_x(), .seed = seed, .samples = 60, .max_iterations = 27});
  const auto judge = make_scheduler(scheduler, {.objective = options.objective,
                                                .max_iterations = 27,
                                                .space = &space_of_x(),
                                                .max_trials = 60,
                                                .seed = seed});
  UnsavedScheduler unsaved(**judge);
  ForgetfulSink sink;
  CountingObserver observer;
  TuneLoop loop(options, {**who, unsaved, executor, sink, observer});
  EXPECT_TRUE(loop.run().has_value());
  for (const TrialStatus& trial : loop.trials()) EXPECT_TRUE(is_ended(trial.state));
  return reached.value_or(spent);
}

TEST(FreezeThawPairTest, FindsAGoodTrialWithFewerIterationsThanWithoutAModel) {
  std::int64_t pair = 0;
  std::int64_t all = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    pair += iterations_until("freeze-thaw", "freeze-thaw", 0.02, seed);
    all += iterations_until("random", "fifo", 0.02, seed);
  }
  EXPECT_LT(pair, all);
}

}  // namespace
}  // namespace manta::freeze_thaw_scheduler_test
