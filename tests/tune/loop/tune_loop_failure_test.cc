// SPDX-License-Identifier: Apache-2.0
// The loop and what goes wrong in a trial: failed attempts, values that are no numbers, metrics that are missing.
#include <limits>

#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_failure_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum TrialState;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::optional<AttemptFailed> infeasible(std::string reason) {
  return AttemptFailed{{ErrorCode::kTaskFailed, std::move(reason)}, /*infeasible=*/true};
}

class TuneLoopFailureTest : public LoopFixture {};

TEST_F(TuneLoopFailureTest, AFailedTrialFailsAndTheOthersGoOn) {
  simulation_.fails = [](TrialId trial, int, std::int64_t iteration) { return trial.number == 1 && iteration == 2; };

  run_to_end();

  EXPECT_THAT(states(1), ElementsAre(kRunning, kFailed));
  EXPECT_THAT(trial(1).cause, HasSubstr("actor_died: it was told to fail in iteration 2"));
  EXPECT_EQ(sink_.all<AttemptEnded>()[1].cause, trial(1).cause);
  EXPECT_EQ(trial(2).state, kCompleted);
  EXPECT_EQ(searcher_.told.back().state, kCompleted);
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopFailureTest, AFailedAttemptIsRetriedFromTheBeginningWithoutACheckpoint) {
  options_.max_failures = 1;
  options_.max_trials = 1;
  simulation_.fails = [](TrialId, int attempt, std::int64_t iteration) { return attempt == 1 && iteration == 3; };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 2.1 2.2 2.3");
  EXPECT_THAT(states(0), ElementsAre(kRunning, kPending, kRunning, kCompleted));
  EXPECT_EQ(trial(0).seconds, 3);
}

TEST_F(TuneLoopFailureTest, AFailedAttemptIsRetriedFromItsLastCheckpoint) {
  options_.max_failures = 1;
  options_.max_trials = 1;
  options_.max_iterations = 6;
  options_.checkpoint_every = 2;
  simulation_.fails = [](TrialId, int attempt, std::int64_t iteration) { return attempt == 1 && iteration == 6; };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3 1.4 1.5 2.5 2.6");
  EXPECT_EQ(sink_.all<AttemptStarted>()[1].from_iteration, 4);
  EXPECT_EQ(trial(0).seconds, 6);
}

TEST_F(TuneLoopFailureTest, ATrialFailsForGoodAfterMaxFailuresRetries) {
  options_.max_failures = 2;
  options_.max_trials = 1;
  simulation_.fails = [](TrialId, int, std::int64_t iteration) { return iteration == 0; };

  run_to_end();

  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_EQ(trial(0).attempt, 3);
  EXPECT_EQ(sink_.all<AttemptEnded>().size(), 3u);
}

TEST_F(TuneLoopFailureTest, ARetryComesBeforeANewTrial) {
  options_.max_failures = 1;
  simulation_.fails = [](TrialId trial, int attempt, std::int64_t) { return trial.number == 0 && attempt == 1; };

  run_to_end();

  EXPECT_EQ(executor_->launches[1].trial, TrialId{0});
}

TEST_F(TuneLoopFailureTest, ANonFiniteValueGoesOnByDefaultAndTheSchedulerSeesIt) {
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(stepped(kNaN)); };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(scheduler_.judged.size(), 9u);
}

TEST_F(TuneLoopFailureTest, ANonFiniteValueStopsTheTrialIfAskedTo) {
  options_.non_finite = NonFinite::kStop;
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(trial.number == 1 && iteration == 2 ? kNaN : 1.0));
  };

  run_to_end();

  EXPECT_EQ(trial(1).state, kStopped);
  EXPECT_EQ(trial(1).cause, "loss is NaN at iteration 2");
  EXPECT_EQ(trial(2).state, kCompleted);
}

TEST_F(TuneLoopFailureTest, ANonFiniteValueFailsTheAttemptIfAskedTo) {
  options_.non_finite = NonFinite::kFail;
  options_.max_failures = 1;
  options_.max_trials = 1;
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return std::optional(stepped(iteration == 2 ? std::numeric_limits<double>::infinity() : 1.0));
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_EQ(trial(0).attempt, 2);
  EXPECT_EQ(trial(0).cause, "loss is infinite at iteration 2");
  EXPECT_EQ(calls(0), "launch advance advance stop launch advance advance stop");
}

TEST_F(TuneLoopFailureTest, AReportWithoutTheObjectiveIsStoredAndNotJudged) {
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    if (iteration != 2) return std::optional(Stepped{.metrics = {{"accuracy", 1}}, .seconds = 1});
    return std::optional(stepped(5));
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(trial(0).value, 5) << "the last report that had it";
  EXPECT_THAT(states(0), ElementsAre(kRunning, kCompleted)) << "from the first report on, which lacked it";
}

TEST_F(TuneLoopFailureTest, AStopConditionOnAMetricThatNoReportHasEndsTheRun) {
  options_.stop = {StopCondition::parse("los<=1").value()};
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(stepped(5)); };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_THAT(end.error().message, HasSubstr("stop condition's metric \"los\"; reported is \"loss\""));
  EXPECT_THAT(end.error().message, HasSubstr("did you mean \"loss\"?"));
}

TEST_F(TuneLoopFailureTest, AFurtherObjectiveOrAConstraintThatNoReportHasEndsTheRun) {
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(stepped(5)); };
  options_.further.objectives = {{"los"}};
  const auto without_objective = run();
  options_.further = {.objectives = {}, .constraints = {MetricCondition::parse("ms<1").value()}};
  const auto without_constraint = run();

  ASSERT_FALSE(without_objective.has_value());
  EXPECT_THAT(without_objective.error().message, HasSubstr("further objective's metric \"los\"; reported is \"loss\""));
  ASSERT_FALSE(without_constraint.has_value());
  EXPECT_THAT(without_constraint.error().message, HasSubstr("constraint's metric \"ms\"; reported is \"loss\""));
}

TEST_F(TuneLoopFailureTest, AFurtherObjectiveIsMissedWhereATrialEndsBehindItsLastReport) {
  options_.further.objectives = {{"los"}};
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return iteration == 1 ? std::optional(stepped(5)) : std::nullopt;
  };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_THAT(end.error().message, HasSubstr("further objective's metric \"los\"; reported is \"loss\""));
}

TEST_F(TuneLoopFailureTest, AReportThatBreaksAConstraintOnMetricsIsNeverTheBest) {
  options_.further.constraints = {MetricCondition::parse("ms <= 20").value()};
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    const double ms = trial.number == 1 || iteration == 3 ? 21 : 20;
    return std::optional(Stepped{.metrics = {{"loss", 10.0 - static_cast<double>(iteration)}, {"ms", ms}}});
  };
  std::optional<TrialId> best;
  observer_.report_hook = [&](const Report&, const Progress& progress) { best = progress.best; };

  run_to_end();

  EXPECT_EQ(trial(0).best_value, 8);
  EXPECT_EQ(trial(0).value, 7) << "what was reported stays";
  EXPECT_EQ(trial(1).best_value, std::nullopt);
  EXPECT_EQ(best, TrialId{0});
}

TEST_F(TuneLoopFailureTest, ATrialThatNeverReportsTheObjectiveFails) {
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    if (trial.number == 1) return std::optional(Stepped{.metrics = {{"accuracy", 1}, {"time", 2}}, .seconds = 1});
    return std::optional(stepped(static_cast<double>(iteration)));
  };

  run_to_end();

  EXPECT_EQ(trial(1).state, kFailed);
  EXPECT_THAT(trial(1).cause, HasSubstr("\"loss\"; it has \"accuracy\", \"time\""));
  EXPECT_EQ(trial(2).state, kCompleted);
}

TEST_F(TuneLoopFailureTest, AnObjectiveThatNoReportHasEndsTheRun) {
  options_.objective.metric = "acuracy";
  options_.concurrency = 2;
  step_ = [](const Config&, TrialId, std::int64_t) {
    return std::optional(Stepped{.metrics = {{"loss", 1}, {"accuracy", 1}}, .seconds = 1});
  };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(end.error().message, HasSubstr("\"acuracy\"; reported is \"loss\", \"accuracy\""));
  EXPECT_THAT(end.error().message, HasSubstr("did you mean \"accuracy\"?"));
  EXPECT_THAT(states(0), ElementsAre(kRunning, kInterrupted));
  EXPECT_THAT(states(1), ElementsAre(kRunning, kInterrupted));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopFailureTest, ReportsWithoutAnyMetricAreNamedSo) {
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(Stepped{.metrics = {}, .seconds = 1}); };

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_THAT(end.error().message, HasSubstr("no metrics at all"));
}

TEST_F(TuneLoopFailureTest, AnInfeasibleTrialIsNoFailureAndIsNotTriedAgain) {
  options_.max_failures = 3;
  simulation_.failure = [](TrialId trial, std::int64_t iteration) {
    return trial.number == 1 && iteration == 0 ? infeasible("the tiles do not fit") : std::nullopt;
  };

  run_to_end();

  EXPECT_THAT(states(1), ElementsAre(kRunning, kInfeasible));
  EXPECT_EQ(trial(1).cause, "infeasible: the tiles do not fit");
  EXPECT_EQ(sink_.all<AttemptEnded>()[1].cause, trial(1).cause);
  EXPECT_EQ(sink_.all<AttemptEnded>()[1].state, kInfeasible);
  EXPECT_EQ(trial(2).state, kCompleted);
  EXPECT_EQ(executor_->launches.size(), 3u);
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopFailureTest, AnInfeasibleTrialIsNeverTheBestWhateverItReportedBefore) {
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) {
    return std::optional(stepped(trial.number == 1 ? 0.1 : static_cast<double>(10 - trial.number - iteration)));
  };
  simulation_.failure = [](TrialId trial, std::int64_t iteration) {
    return trial.number == 1 && iteration == 3 ? infeasible("too large") : std::nullopt;
  };
  std::optional<TrialId> best;
  observer_.report_hook = [&](const Report&, const Progress& progress) { best = progress.best; };

  run_to_end();

  EXPECT_EQ(trial(1).best_value, std::nullopt);
  EXPECT_EQ(trial(1).value, 0.1) << "what was reported stays";
  EXPECT_EQ(best, TrialId{2});
}

TEST_F(TuneLoopFailureTest, AnInfeasibleDonorLeavesItsHeirAsItIs) {
  options_.max_trials = 2;
  options_.concurrency = 2;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number != 0 || report.iteration != 1) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Clone{{1}, Config{{"x", 2.0}}}}};
  };
  simulation_.failure = [](TrialId trial, std::int64_t) { return trial.number == 1 ? infeasible("no") : std::nullopt; };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(trial(1).state, kInfeasible);
}

TEST_F(TuneLoopFailureTest, ASchedulerThatRefusesAReportFailsThatAttemptOnly) {
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number == 0) return Error{ErrorCode::kInternal, "no such bracket"};
    return std::vector<Order>{};
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_THAT(trial(0).cause, HasSubstr("no such bracket"));
  EXPECT_EQ(trial(1).state, kCompleted);
}

}  // namespace
}  // namespace manta::tune_loop_failure_test
