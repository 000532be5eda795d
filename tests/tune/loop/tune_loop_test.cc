// SPDX-License-Identifier: Apache-2.0
// The loop: from suggestion to completed trial, and the failures on the way.
#include "tune/loop/tune_loop.h"

#include <algorithm>
#include <limits>
#include <set>

#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum TrialState;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class TuneLoopTest : public LoopFixture {};

TEST_F(TuneLoopTest, RunsEachTrialToItsMaxIterations) {
  run_to_end();

  ASSERT_EQ(loop_->trials().size(), 3u);
  for (std::int64_t number = 0; number < 3; ++number) {
    EXPECT_EQ(trial(number).state, kCompleted);
    EXPECT_EQ(trial(number).iteration, 3);
    EXPECT_EQ(trial(number).seconds, 3);
    EXPECT_EQ(trial(number).value, 3);
    EXPECT_EQ(trial(number).best_value, 1);
    EXPECT_EQ(trial(number).cause, "");
    EXPECT_EQ(calls(number), "launch advance advance advance stop");
  }
  expect_consistent(sink_.changes(), 1);
}

TEST_F(TuneLoopTest, RecordsTheTripOfATrialInOrder) {
  options_.max_trials = 1;
  options_.max_iterations = 1;

  run_to_end();

  std::vector<std::size_t> kinds;
  for (const Change& change : sink_.changes()) kinds.push_back(change.index());
  // TrialChanged(running), AttemptStarted, Reported, AttemptEnded, TrialChanged(completed), SnapshotsSaved.
  EXPECT_THAT(kinds, ElementsAre(0, 1, 3, 2, 0, 5));
  EXPECT_THAT(states(0), ElementsAre(kRunning, kCompleted));
  const Reported reported = sink_.all<Reported>().front();
  EXPECT_EQ(reported.report.metrics, (Metrics{{"loss", 1}}));
  EXPECT_EQ(reported.when - sink_.all<AttemptStarted>().front().when, std::chrono::seconds(1));
}

TEST_F(TuneLoopTest, NoMoreTrialsComeOnceTheSearcherExpectsTooLittleOfThem) {
  options_.max_trials = 10;
  options_.min_gain = 0.01;
  searcher_.gain = [](std::size_t asked) {
    return asked < 2 ? std::nullopt : std::optional(0.1 / static_cast<double>(asked * asked));
  };

  run_to_end();

  EXPECT_EQ(loop_->trials().size(), 4U) << "0.1 / 4 / 4 is less";
  EXPECT_THAT(observer_.searcher_lines.back(),
              "no further trials: another one is expected to better loss by 0.00625, less than 0.01");
  EXPECT_EQ(sink_.all<NoteAdded>().back().text, observer_.searcher_lines.back());
}

TEST_F(TuneLoopTest, WhatTheSearcherSaysOfItselfIsSaidAndNotedDownWhenItChanges) {
  searcher_.description = "slow and good";
  searcher_.later_description = "quick";

  run_to_end();

  EXPECT_THAT(observer_.searcher_lines, ElementsAre("slow and good", "quick"));
  const std::vector<NoteAdded> notes = sink_.all<NoteAdded>();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].text, "searcher: slow and good");
  EXPECT_EQ(notes[1].text, "searcher: quick");
  EXPECT_EQ(notes[1].trial, std::nullopt);
}

TEST_F(TuneLoopTest, AResumedRunSaysTheSearcherAgainAndNotesNothingDown) {
  options_.max_trials = 1;
  run_to_end();
  LoopState state{.trials = {loop_->trials().begin(), loop_->trials().end()}};
  searcher_.description = searcher_.later_description = "slow and good";
  const std::size_t notes = sink_.all<NoteAdded>().size();

  run_to_end(std::move(state));

  EXPECT_THAT(observer_.searcher_lines, ElementsAre("slow and good"));
  EXPECT_EQ(sink_.all<NoteAdded>().size(), notes);
}

TEST_F(TuneLoopTest, NoTrialsAskedForIsAnEnd) {
  options_.max_trials = 0;

  run_to_end();

  EXPECT_TRUE(loop_->trials().empty());
  EXPECT_TRUE(searcher_.asked.empty());
}

TEST_F(TuneLoopTest, AsksForTrialsInOrderAndOnlyWhenASlotIsFree) {
  options_.max_trials = 5;
  options_.concurrency = 2;
  observer_.report_hook = [](const Report& report, const Progress& progress) {
    if (report.iteration < 3) {
      EXPECT_LE(progress.trials.size(), static_cast<std::size_t>(report.trial.number + 2));
    }
  };

  run_to_end();

  EXPECT_THAT(searcher_.asked, ElementsAre(TrialId{0}, TrialId{1}, TrialId{2}, TrialId{3}, TrialId{4}));
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopTest, RunsAtMostAsManyAttemptsAsTheExecutorHasSlots) {
  options_.max_trials = 6;
  options_.concurrency = 4;
  simulation_.slots = 2;

  run_to_end();

  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopTest, ASearcherWithoutMoreEndsTheRun) {
  options_.max_trials = 100;
  options_.concurrency = 3;
  searcher_ = ScriptedSearcher([](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 2) return std::optional<Config>();
    return std::optional<Config>(Config{});
  });
  std::optional<std::int64_t> expected;
  observer_.trial_hook = [&expected](const TrialStatus&, const Progress& progress) { expected = progress.max_trials; };

  run_to_end();

  EXPECT_EQ(loop_->trials().size(), 2u);
  EXPECT_EQ(expected, 2);
}

TEST_F(TuneLoopTest, AnExhaustedSearcherIsAskedAgainAfterTheNextTell) {
  options_.concurrency = 3;
  ScriptedSearcher* const searcher = &searcher_;
  searcher_ = ScriptedSearcher([searcher](TrialId trial) -> Result<std::optional<Config>> {
    const bool waits = trial.number > 0 && searcher->told.size() < 2;
    if (waits) return Error{ErrorCode::kExhausted, "two results first"};
    return std::optional<Config>(Config{});
  });

  run_to_end();

  EXPECT_EQ(loop_->trials().size(), 3u);
  // Once for trial 0, then for trial 1 at once, after the first report, and after the second.
  EXPECT_EQ(std::count(searcher_.asked.begin(), searcher_.asked.end(), TrialId{1}), 3);
}

TEST_F(TuneLoopTest, ASearcherThatWaitsForResultsThatCannotComeIsAnError) {
  searcher_ = ScriptedSearcher([](TrialId) -> Result<std::optional<Config>> {
    return Error{ErrorCode::kExhausted, "more results first"};
  });

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kExhausted);
}

TEST_F(TuneLoopTest, AFailingSearcherIsAskedNoMoreAndTheRunningTrialsFinish) {
  options_.concurrency = 2;
  searcher_ = ScriptedSearcher([](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 1) return Error{ErrorCode::kInternal, "singular matrix"};
    return std::optional<Config>(Config{});
  });

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().message, "singular matrix");
  EXPECT_EQ(searcher_.asked.size(), 2u);
  EXPECT_EQ(trial(0).state, kCompleted);
}

TEST_F(TuneLoopTest, ASuggestionOutsideTheSpaceIsAnError) {
  const Space space({{"index", IntDomain{.low = 0, .high = 1}}});
  options_.space = &space;

  const auto end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(end.error().message, HasSubstr("suggestion for trial 2"));
  EXPECT_EQ(loop_->trials().size(), 2u);
}

TEST_F(TuneLoopTest, TheSearcherIsToldOfEachReportAndOfTheEnd) {
  options_.max_trials = 1;
  options_.max_iterations = 2;

  run_to_end();

  ASSERT_EQ(searcher_.told.size(), 3u);
  EXPECT_EQ(searcher_.told[0].state, kRunning);
  EXPECT_EQ(searcher_.told[1].iteration, 2);
  EXPECT_EQ(searcher_.told[2].state, kCompleted);
  EXPECT_EQ(searcher_.told[2].value, 2);
  EXPECT_THAT(scheduler_.ended, ElementsAre(std::pair(TrialId{0}, kCompleted)));
  EXPECT_EQ(scheduler_.judged.size(), 2u);
}

TEST_F(TuneLoopTest, AStopConditionCompletesATrial) {
  options_.stop = {StopCondition::parse("loss>=2").value(), StopCondition::parse("other>0").value()};

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(trial(0).iteration, 2);
}

TEST_F(TuneLoopTest, ACompletedTrialIsCompletedWhateverTheSchedulerSays) {
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.iteration == 3) return std::vector<Order>{{report.trial, Stop{}}};
    return std::vector<Order>{};
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(scheduler_.ended.front().second, kCompleted);
}

TEST_F(TuneLoopTest, ATrialThatIsFinishedByItsOwnWordIsCompleted) {
  options_.max_iterations = std::nullopt;
  step_ = [](const Config&, TrialId trial, std::int64_t iteration) -> std::optional<Stepped> {
    if (trial.number == 0 && iteration == 3) return std::nullopt;  // Without metrics.
    if (trial.number == 1 && iteration == 1) return std::nullopt;  // Without any report.
    Stepped last = stepped(static_cast<double>(iteration));
    last.finished = iteration == 2 && trial.number == 2;
    return last;
  };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2");
  EXPECT_EQ(reports_of(1), "");
  EXPECT_EQ(reports_of(2), "1.1 1.2");
  for (std::int64_t number = 0; number < 3; ++number) EXPECT_EQ(trial(number).state, kCompleted);
  EXPECT_EQ(trial(1).value, std::nullopt);
}

TEST_F(TuneLoopTest, TheBestTrialIsThatWithTheBestFiniteValue) {
  options_.max_iterations = 1;
  options_.max_trials = 5;
  step_ = [](const Config&, TrialId trial, std::int64_t) -> std::optional<Stepped> {
    const std::vector<double> losses{5, kNaN, 3, -std::numeric_limits<double>::infinity(), 4};
    return stepped(losses[static_cast<std::size_t>(trial.number)]);
  };
  std::optional<TrialId> best;
  observer_.trial_hook = [&best](const TrialStatus&, const Progress& progress) { best = progress.best; };

  run_to_end();

  EXPECT_THAT(observer_.bests, ElementsAre(std::pair(TrialId{0}, 5.0), std::pair(TrialId{2}, 3.0)));
  EXPECT_EQ(best, TrialId{2});
  EXPECT_EQ(trial(1).best_value, std::nullopt);
}

TEST_F(TuneLoopTest, CheckpointsAreMadeBetweenStepsAndNoneAfterTheLast) {
  options_.max_trials = 1;
  options_.max_iterations = 4;
  options_.checkpoint_every = 2;

  run_to_end();

  EXPECT_EQ(calls(0), "launch advance advance save advance advance stop");
  const auto saved = sink_.all<CheckpointSaved>();
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_EQ(saved[0].checkpoint.iteration, 2);
  EXPECT_EQ(saved[0].checkpoint.seconds, 2);
}

TEST_F(TuneLoopTest, ATrialWaitsUntilItsReportIsDurable) {
  options_.wait_for_durable_reports = true;
  options_.max_trials = 1;
  sink_.durable_limit = 0;
  int ticks = 0;
  observer_.tick_hook = [this, &ticks] {
    // Two seconds pass without a further report; then the writer is there.
    if (++ticks == 6) {
      EXPECT_EQ(observer_.reports.size(), 1u);
      sink_.durable_limit = sink_.changes().size();
    }
    if (ticks == 12) sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();
  };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_GE(ticks, 12);
  EXPECT_THAT(sink_.all<Reported>()[2].when - sink_.all<Reported>()[0].when, ::testing::Gt(std::chrono::seconds(3)));
}

TEST_F(TuneLoopTest, ATrialThatNeedNotWaitIsSomeReportsAheadOfTheDisk) {
  options_.wait_for_durable_reports = true;
  options_.max_trials = 1;
  options_.max_iterations = 300;
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    Stepped step = stepped(static_cast<double>(iteration), 0.1);
    step.waits_for_disk = false;
    return std::optional(step);
  };
  sink_.durable_limit = 0;
  std::size_t seen = 0;
  observer_.tick_hook = [this, &seen] {
    if (observer_.ticks.size() == 60) {
      EXPECT_EQ(observer_.reports.size(), 256u);
      // As far as its eighth report.
      std::size_t durable = 0;
      for (int reports = 0; reports < 8; ++durable)
        if (std::holds_alternative<Reported>(sink_.changes()[durable])) ++reports;
      sink_.durable_limit = durable;
    }
    if (observer_.ticks.size() == 120) {
      seen = observer_.reports.size();
      sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();
    }
  };

  run_to_end();

  EXPECT_EQ(seen, 264u);
  EXPECT_EQ(observer_.reports.size(), 300u);
}

TEST_F(TuneLoopTest, ReturnsOnlyWhenAllIsDurable) {
  sink_.durable_limit = 3;
  std::size_t at_end = 0;
  observer_.tick_hook = [this, &at_end] {
    if (sink_.changes().empty() || !std::holds_alternative<SnapshotsSaved>(sink_.changes().back())) return;
    if (++at_end == 4) sink_.durable_limit = std::numeric_limits<std::uint64_t>::max();
  };

  run_to_end();

  EXPECT_GE(at_end, 4u);
}

TEST_F(TuneLoopTest, TheObserverIsCalledTwiceASecondWhateverHappens) {
  options_.max_trials = 1;
  step_ = [](const Config&, TrialId, std::int64_t iteration) {
    return std::optional(stepped(static_cast<double>(iteration), 10));
  };

  run_to_end();

  ASSERT_GE(observer_.ticks.size(), 59u);
  for (std::size_t index = 1; index < observer_.ticks.size(); ++index) {
    EXPECT_LE(observer_.ticks[index] - observer_.ticks[index - 1], std::chrono::milliseconds(500));
  }
}

TEST_F(TuneLoopTest, SnapshotsComeAtMostOnceASecondAndAtTheEnd) {
  options_.max_trials = 40;
  options_.max_iterations = 1;
  step_ = [](const Config&, TrialId, std::int64_t) { return std::optional(stepped(1, 0.1)); };

  run_to_end();

  const auto snapshots = sink_.all<SnapshotsSaved>();
  EXPECT_GE(snapshots.size(), 3u);
  EXPECT_LE(snapshots.size(), 6u);
  EXPECT_EQ(snapshots.back().searcher.json, searcher_.save().json);
  EXPECT_EQ(snapshots.back().scheduler.json, scheduler_.save().json);
}

TEST_F(TuneLoopTest, EventsOfAnotherAttemptOrTrialAreIgnored) {
  on_start_ = [this] {
    executor_->injected = {{{0}, 1, AttemptStopped{}}, {{0}, 2, Launched{}}, {{7}, 1, Launched{}}, {{-1}, 1, Saved{}}};
  };
  observer_.report_hook = [this](const Report& report, const Progress&) {
    executor_->injected.push_back({report.trial, report.attempt + 1, AttemptFailed{{ErrorCode::kActorDied, "late"}}});
    executor_->injected.push_back({report.trial, report.attempt, Saved{}});
  };

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  expect_consistent(sink_.changes(), 1);
}

}  // namespace
}  // namespace manta::tune_loop_test
