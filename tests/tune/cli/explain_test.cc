// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace manta::explain_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Ten trials without anything to remark: x goes through the middle of its range, and the best is in the middle.
class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    input_.label = {"net", {"loss", Mode::kMin}, "runs/net"};
    input_.space = parse_space(R"({"x": {"float": [0, 1]}, "act": {"choice": ["a", "b"]}, "k": 3})").value();
    for (int number = 0; number < 10; ++number) {
      TrialStatus trial;
      trial.id = {number};
      trial.state = TrialState::kCompleted;
      trial.config = {
          {"x", 0.05 + 0.1 * number}, {"act", std::string(number % 2 == 0 ? "a" : "b")}, {"k", std::int64_t{3}}};
      trial.best_value = std::abs(number - 4.2);
      trial.seconds = 10;
      trial.attempt = 1;
      input_.trials.push_back(trial);
      run(number, number / 2 * 10, 10);
    }
    input_.concurrency = 2;
    input_.elapsed_seconds = 50;
  }

  void run(std::int64_t trial, int begin, int seconds) {
    const WallTime started{std::chrono::seconds(1'767'225'600 + begin)};
    input_.attempts.push_back({.trial = {trial},
                               .state = "completed",
                               .cause = "",
                               .started = started,
                               .ended = started + std::chrono::seconds(seconds)});
  }

  std::vector<std::string> found() const {
    std::vector<std::string> texts;
    for (const Finding& finding : explain(input_)) texts.push_back(finding.what + " | " + finding.advice);
    return texts;
  }

  ExplainInput input_;
};

TEST_F(ExplainTest, WhereNothingStandsOutNothingIsFound) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(ExplainTest, NorInAnExperimentWithoutTrials) {
  input_.trials.clear();
  input_.attempts.clear();

  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ExplainTest, FailuresThatDifferInNumbersOnlyAreAlike) {
  for (std::size_t number : {6U, 7U, 8U}) {
    input_.trials[number].state = TrialState::kFailed;
    input_.trials[number].cause = "process " + std::to_string(1000 + number) + " exit code 3";
  }

  EXPECT_THAT(found(),
              ElementsAre(AllOf(HasSubstr("3 of 3 failed trials ended alike: process 1006 exit code 3"),
                                HasSubstr("runs/net/logs/6/1.log"), HasSubstr("manta retry runs/net --failed"))));
}

TEST_F(ExplainTest, FailuresOfManyKindsAreNot) {
  for (std::size_t number : {6U, 7U, 8U}) {
    input_.trials[number].state = TrialState::kFailed;
    input_.trials[number].cause = std::string("cause ") + static_cast<char>('a' + number);
  }

  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ExplainTest, TrialsWithoutAFiniteValueAreCounted) {
  input_.trials[7].best_value.reset();
  input_.trials[9].best_value.reset();

  EXPECT_THAT(found(),
              ElementsAre(AllOf(HasSubstr("2 of 10 trials that ended never had a finite loss, the first is trial 7"),
                                HasSubstr("--non-finite stop"))));
}

TEST_F(ExplainTest, ABestValueAtABoundIsNamed) {
  input_.trials[4].config.set("x", 1.0);

  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr("x=1.0 (upper)"), HasSubstr("Widen the range"))));
}

TEST_F(ExplainTest, AParameterThatNeverVariedIsNamedButNoConstant) {
  for (TrialStatus& trial : input_.trials) trial.config.set("act", std::string("b"));

  EXPECT_THAT(found(), ElementsAre(HasSubstr("act was \"b\" in all 10 trials")));
}

TEST_F(ExplainTest, NoiseThatHidesTheBestIsMeasured) {
  for (TrialStatus& trial : input_.trials) {
    trial.best_value = 1 + 0.001 * static_cast<double>(trial.id.number);
    for (int iteration = 1; iteration <= 20; ++iteration) {
      input_.reports.push_back(
          {.trial = trial.id, .iteration = iteration, .metrics = {{"loss", 1 + 0.1 * (iteration % 2)}}});
    }
  }

  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr("loss jumps by about 0.121065 about its trend"),
                                         HasSubstr("the best 10 trials lie within"), HasSubstr("chance"))));
}

TEST_F(ExplainTest, SmoothCurvesAreNoNoise) {
  for (const TrialStatus& trial : input_.trials) {
    for (int iteration = 1; iteration <= 20; ++iteration) {
      input_.reports.push_back(
          {.trial = trial.id, .iteration = iteration, .metrics = {{"loss", *trial.best_value + std::exp(-iteration)}}});
    }
  }

  EXPECT_THAT(found(), IsEmpty());
}

// Trials that differ by less than one of them moves in a report, and of which the better are better all the way.
TEST_F(ExplainTest, ASteadyTrendIsNoNoise) {
  const std::function<double(int)> trends[] = {[](int iteration) { return -0.47 - 0.4 * iteration; },
                                               [](int iteration) { return 0.8 * iteration; },
                                               [](int iteration) { return 50 * std::exp(-0.1 * iteration); },
                                               [](int iteration) { return 10 / std::sqrt(iteration); },
                                               [](int iteration) { return iteration < 15 ? 3.0 : 1.0; }};
  for (const auto& trend : trends) {
    input_.reports.clear();
    for (TrialStatus& trial : input_.trials) {
      const double offset = 0.15 * static_cast<double>(trial.id.number);
      trial.best_value = 1 + offset;
      for (int iteration = 1; iteration <= 20; ++iteration)
        input_.reports.push_back(
            {.trial = trial.id, .iteration = iteration, .metrics = {{"loss", offset + trend(iteration)}}});
    }

    EXPECT_THAT(found(), IsEmpty()) << &trend - trends;
  }
}

TEST_F(ExplainTest, NoiseOnATrendIsStillNoise) {
  for (TrialStatus& trial : input_.trials) {
    trial.best_value = 1 + 0.001 * static_cast<double>(trial.id.number);
    for (int iteration = 1; iteration <= 20; ++iteration)
      input_.reports.push_back(
          {.trial = trial.id, .iteration = iteration, .metrics = {{"loss", 9 - 0.3 * iteration + 0.1 * (iteration % 2)}}});
  }

  EXPECT_THAT(found(), ElementsAre(HasSubstr("loss jumps by about 0.121065 about its trend")));
}

TEST_F(ExplainTest, IdleSlotsAreMeasuredInTime) {
  input_.elapsed_seconds = 100;  // Of two slots, half of the time with nothing.

  EXPECT_THAT(found(), ElementsAre(HasSubstr("slots stood idle for 50 % of their time")));
}

TEST_F(ExplainTest, WhatATrialHasTakenOverDidNotStandIdle) {
  input_.concurrency = 4;  // Two trials at a time, of which each has two.
  for (AttemptRecord& attempt : input_.attempts) attempt.slots = 2;

  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ExplainTest, MoreSlotsThanEverRanAreSaidToBeTooMany) {
  input_.concurrency = 8;

  EXPECT_THAT(found(), ElementsAre(HasSubstr("No more than 2 ever ran at once: --concurrency 8 is more than")));
}

}  // namespace
}  // namespace manta::explain_test
