// SPDX-License-Identifier: Apache-2.0
// A run that ended anywhere and is resumed equals one that did not end.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "tests/support/sanitizer.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/replay.h"

namespace manta::tune_loop_resume_test {
namespace {

using ::testing::ElementsAre;
using enum TrialState;

// What a person sees of a trial in the end; equal in an undisturbed and in a resumed run.
std::string describe(const TrialStatus& trial) {
  const auto number = [](const std::optional<double>& value) { return value ? std::to_string(*value) : "none"; };
  return trial.config.to_json() + " " + std::string(to_string(trial.state)) + " " + std::to_string(trial.iteration) +
         " " + std::to_string(trial.seconds) + " " + number(trial.value) + " " + number(trial.best_value) + " " +
         trial.cause;
}

std::vector<std::string> table_of(TrialsView trials) {
  std::vector<std::string> rows;
  for (const TrialStatus& trial : trials) rows.push_back(describe(trial));
  return rows;
}

// Learning curves that cross, from a hash of trial and iteration.
std::optional<Stepped> deterministic_step(const Config&, TrialId trial, std::int64_t iteration) {
  RandomStream random(1, static_cast<std::uint64_t>(trial.number), static_cast<std::uint32_t>(iteration));
  if (iteration == 7 && trial.number % 5 == 4) return std::nullopt;
  const double loss = random.uniform() + 5.0 / static_cast<double>(iteration);
  return Stepped{.metrics = {{"loss", trial.number % 6 == 5 ? std::nan("") : loss}},
                 .seconds = 0.5 + static_cast<double>(trial.number % 3)};
}

class TuneLoopResumeTest : public LoopFixture {
 protected:
  struct Run {
    std::vector<Change> changes;
    std::vector<std::string> table;
  };

  TuneLoopResumeTest() {
    options_.max_trials = 12;
    options_.max_iterations = 9;
    options_.checkpoint_every = 2;
  }

  /// Starts with nothing but the changes that were kept of the runs before, as another process would.
  Run run_after(const std::vector<Change>& kept, std::optional<std::size_t> stop_after_reports = std::nullopt) {
    LoopState state = state_from(kept, options_.objective);
    const Space space = parse_space(R"({"index": {"int": [0, 1000]}})").value();
    const auto scheduler = make_scheduler(scheduler_text_, {.objective = options_.objective,
                                                            .max_iterations = options_.max_iterations,
                                                            .space = &space,
                                                            .max_trials = options_.max_trials})
                               .value();
    ScriptedSearcher searcher;
    const Result<void> replayed = replay(kept, options_, searcher, *scheduler, state);
    EXPECT_TRUE(replayed.has_value());
    FakeSink sink;
    RecordingObserver observer;
    SimulatedExecutor executor(deterministic_step, {.slots = 4});
    TuneLoop loop(options_, {searcher, *scheduler, executor, sink, observer}, std::move(state));
    observer.report_hook = [&](const Report&, const Progress&) {
      if (observer.reports.size() == stop_after_reports) loop.request_stop();
    };
    const Result<LoopEnd> end = loop.run();
    EXPECT_TRUE(end.has_value());
    Run result{kept, table_of(loop.trials())};
    result.changes.insert(result.changes.end(), sink.changes().begin(), sink.changes().end());
    return result;
  }

  static bool is_stopped(const std::string& row) { return row.find(" stopped ") != std::string::npos; }
  static std::int64_t reports_in(const std::vector<Change>& changes) {
    return std::count_if(changes.begin(), changes.end(),
                         [](const Change& change) { return std::holds_alternative<Reported>(change); });
  }

  static std::vector<Change> first(const std::vector<Change>& changes, std::size_t count) {
    return {changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  std::string scheduler_text_ = "fifo";
};

TEST_F(TuneLoopResumeTest, AshaDecidesTheSameWhereverTheRunWasCut) {
  scheduler_text_ = "asha:grace=1,eta=2,max_t=9";
  const Run undisturbed = run_after({});
  ASSERT_GT(undisturbed.changes.size(), 60u);
  ASSERT_GT(std::count_if(undisturbed.table.begin(), undisturbed.table.end(), is_stopped), 4);

  for (std::size_t cut = 0; cut <= undisturbed.changes.size(); ++cut) {
    ASSERT_EQ(run_after(first(undisturbed.changes, cut)).table, undisturbed.table) << "after " << cut << " changes";
  }
}

TEST_F(TuneLoopResumeTest, WhatASchedulerHasPausedItAloneResumesWhereverTheRunWasCut) {
  // Saved after each iteration: what is repeated would show the scheduler a report twice.
  options_.checkpoint_every = 1;
  for (const char* const text :
       {"asha-promote:grace=1,eta=2,max_t=9", "hyperband:eta=3,max_t=9", "i-epoch:i=2,best=3"}) {
    scheduler_text_ = text;
    const Run undisturbed = run_after({});
    const auto pauses = std::count_if(undisturbed.changes.begin(), undisturbed.changes.end(), [](const Change& change) {
      const auto* const changed = std::get_if<TrialChanged>(&change);
      return changed != nullptr && changed->trial.state == kPaused;
    });
    ASSERT_GT(pauses, 3) << text;

    for (std::size_t cut = 0; cut <= undisturbed.changes.size(); ++cut) {
      ASSERT_EQ(run_after(first(undisturbed.changes, cut)).table, undisturbed.table) << text << " after " << cut;
    }
  }
}

TEST_F(TuneLoopResumeTest, FifoEndsTheSameWhereverTheRunWasCutAndHoweverManyRanAtOnce) {
  options_.concurrency = 3;
  const Run undisturbed = run_after({});

  for (std::size_t cut = 0; cut <= undisturbed.changes.size(); ++cut) {
    ASSERT_EQ(run_after(first(undisturbed.changes, cut)).table, undisturbed.table) << "after " << cut << " changes";
  }
}

TEST_F(TuneLoopResumeTest, ReplayShowsTheSchedulerEveryTrialAsItWasThen) {
  TrialStatus status;
  status.id = {0};
  status.state = kRunning;
  status.attempt = 1;
  status.config = {{"rate", 1.0}};
  TrialStatus cloned = status;
  cloned.state = kPending;
  cloned.config = {{"rate", 2.0}};
  TrialStatus late = status;
  late.id = {1};
  const Report report{.trial = {0}, .attempt = 1, .iteration = 4, .metrics = {{"loss", 1}}};
  const std::vector<Change> changes{TrialChanged{status, {}}, SnapshotsSaved{{"a"}, {"b"}}, Reported{report, {}},
                                    TrialChanged{cloned, {}}, TrialChanged{late, {}},       Reported{report, {}}};
  std::vector<std::string> seen;
  scheduler_.judge = [&](const Report&, TrialsView trials) -> Result<std::vector<Order>> {
    seen.push_back(std::to_string(trials.size()) + trials[0].config.to_json() + std::to_string(trials[0].iteration));
    return std::vector<Order>{};
  };
  LoopState state = state_from(changes, options_.objective);

  ASSERT_TRUE(replay(changes, options_, searcher_, scheduler_, state).has_value());

  EXPECT_THAT(seen, ElementsAre("1{\"rate\":1.0}4", "2{\"rate\":2.0}4"));
}

TEST_F(TuneLoopResumeTest, APopulationIsTheSameWhereverTheRunWasCut) {
  scheduler_text_ = "pbt:interval=2";
  // One at a time, and saved after each iteration: a resumed run repeats nothing that might go otherwise.
  options_.max_trials = 6;
  options_.checkpoint_every = 1;
  const Run undisturbed = run_after({});

  int equal = 0;
  for (std::size_t cut = 0; cut <= undisturbed.changes.size(); ++cut)
    equal += run_after(first(undisturbed.changes, cut)).table == undisturbed.table ? 1 : 0;
  EXPECT_EQ(equal, static_cast<int>(undisturbed.changes.size()) + 1);
}

TEST_F(TuneLoopResumeTest, AResumedRunMayBeCutAgainAndAgain) {
  scheduler_text_ = "asha:grace=1,eta=2,max_t=9";
  const Run undisturbed = run_after({});
  RandomStream random(11, 0);

  for (int history = 0; history < repetitions(300); ++history) {
    std::vector<Change> kept;
    for (int depth = 0; depth < 3; ++depth) {
      const std::vector<Change> all = run_after(kept).changes;
      kept = first(all, kept.size() + random.below(all.size() - kept.size() + 1));
    }
    ASSERT_EQ(run_after(kept).table, undisturbed.table) << "history " << history;
  }
}

TEST_F(TuneLoopResumeTest, AnInterruptedRunGoesOnWithoutLosingAnIteration) {
  options_.concurrency = 3;
  options_.checkpoint_every = 0;
  const Run undisturbed = run_after({});

  for (std::size_t reports = 1; reports < 40; ++reports) {
    const Run interrupted = run_after({}, reports);
    const Run resumed = run_after(interrupted.changes);

    ASSERT_EQ(resumed.table, undisturbed.table) << "after " << reports << " reports";
    ASSERT_EQ(reports_in(resumed.changes), reports_in(undisturbed.changes)) << "after " << reports << " reports";
  }
}

TEST_F(TuneLoopResumeTest, OnlyTheTrialsThatHadNotEndedGoOnAsANewAttempt) {
  options_.max_trials = 4;
  options_.max_iterations = 3;
  LoopState state;
  state.trials.resize(3);
  for (std::int64_t number = 0; number < 3; ++number) state.trials[static_cast<std::size_t>(number)].id = {number};
  state.trials[0].state = kCompleted;
  state.trials[1].state = kInterrupted;
  state.trials[1].attempt = 2;
  state.trials[2].state = kRunning;
  state.trials[2].attempt = 1;
  state.checkpoints[{1}] = {2, 40,
                            SharedArray<std::byte>(std::vector<std::byte>{std::byte{2}, {}, {}, {}, {}, {}, {}, {}})};

  run_to_end(std::move(state));

  EXPECT_EQ(calls(0), "");
  EXPECT_EQ(reports_of(1), "3.3");
  EXPECT_EQ(trial(1).seconds, 41);
  EXPECT_EQ(reports_of(2), "2.1 2.2 2.3");
  EXPECT_THAT(searcher_.asked, ElementsAre(TrialId{3}));
}

TEST_F(TuneLoopResumeTest, EarlierFailuresCount) {
  options_.max_trials = 1;
  options_.max_failures = 2;
  simulation_.fails = [](TrialId, int, std::int64_t) { return true; };
  LoopState state;
  state.trials.resize(1);
  state.trials[0].id = {0};
  state.trials[0].attempt = 3;
  state.failures[{0}] = 2;

  run_to_end(std::move(state));

  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_EQ(trial(0).attempt, 4);
}

TEST_F(TuneLoopResumeTest, TheBestOfEarlierRunsStaysTheBest) {
  options_.max_trials = 2;
  LoopState state;
  state.trials.resize(1);
  state.trials[0].id = {0};
  state.trials[0].state = kCompleted;
  state.trials[0].best_value = 0.5;
  std::optional<TrialId> best;
  observer_.report_hook = [&best](const Report&, const Progress& progress) { best = progress.best; };

  run_to_end(std::move(state));

  EXPECT_EQ(best, TrialId{0});
  EXPECT_TRUE(observer_.bests.empty());
}

TEST_F(TuneLoopResumeTest, ReplayFindsTheOrdersThatWereNotCarriedOut) {
  const Report report{.trial = {0}, .attempt = 1, .iteration = 1, .metrics = {{"loss", 1}}};
  TrialStatus running;
  running.id = {0};
  running.state = kRunning;
  running.attempt = 1;
  scheduler_.judge = [](const Report& seen, TrialsView) -> Result<std::vector<Order>> {
    return std::vector<Order>{{seen.trial, Pause{}}};
  };
  TrialStatus paused = running;
  paused.state = kPaused;
  std::vector<Change> changes{TrialChanged{running, {}}, Reported{report, {}}};
  LoopState open = state_from(changes, options_.objective);
  ASSERT_TRUE(replay(changes, options_, searcher_, scheduler_, open).has_value());
  changes.push_back(TrialChanged{paused, {}});
  LoopState closed = state_from(changes, options_.objective);
  ASSERT_TRUE(replay(changes, options_, searcher_, scheduler_, closed).has_value());

  ASSERT_EQ(open.orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Pause>(open.orders[0].action));
  EXPECT_TRUE(closed.orders.empty());
}

TEST_F(TuneLoopResumeTest, ReplayTellsOfTheEndOfATrial) {
  TrialStatus status;
  status.id = {0};
  status.state = kRunning;
  status.attempt = 1;
  TrialStatus completed = status;
  completed.state = kCompleted;
  const std::vector<Change> changes{TrialChanged{status, {}}, TrialChanged{completed, {}}};
  LoopState state = state_from(changes, options_.objective);

  ASSERT_TRUE(replay(changes, options_, searcher_, scheduler_, state).has_value());

  EXPECT_THAT(searcher_.asked, ElementsAre(TrialId{0}));
  ASSERT_EQ(searcher_.told.size(), 1u);
  EXPECT_EQ(searcher_.told[0].state, kCompleted);
  EXPECT_THAT(scheduler_.ended, ElementsAre(std::pair(TrialId{0}, kCompleted)));
}

TEST_F(TuneLoopResumeTest, ReplayBeginsAtTheLastSnapshots) {
  const Report report{.trial = {0}, .attempt = 1, .iteration = 1, .metrics = {{"loss", 1}}};
  TrialStatus running;
  running.id = {0};
  running.state = kRunning;
  running.attempt = 1;
  const std::vector<Change> changes{TrialChanged{running, {}}, Reported{report, {}}, SnapshotsSaved{{"a"}, {"b"}},
                                    Reported{report, {}}};
  LoopState state = state_from(changes, options_.objective);

  ASSERT_TRUE(replay(changes, options_, searcher_, scheduler_, state).has_value());

  EXPECT_EQ(searcher_.restored, "a");
  EXPECT_TRUE(searcher_.asked.empty());
  EXPECT_EQ(scheduler_.judged.size(), 1u);
}

TEST_F(TuneLoopResumeTest, ReplayRefusesAForeignSnapshot) {
  const auto asha = make_scheduler("asha", options_.objective).value();
  const std::vector<Change> changes{SnapshotsSaved{{"{}"}, {R"({"FifoScheduler":{}})"}}};
  LoopState state;

  const auto replayed = replay(changes, options_, searcher_, *asha, state);

  ASSERT_FALSE(replayed.has_value());
  EXPECT_EQ(replayed.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TuneLoopResumeTest, ReplayNeedsASearcherThatStillHasTheTrials) {
  searcher_ = ScriptedSearcher([](TrialId) -> Result<std::optional<Config>> { return std::optional<Config>(); });
  TrialStatus running;
  running.id = {0};
  running.state = kRunning;
  running.attempt = 1;
  LoopState state;
  state.trials = {running};

  const auto replayed = replay(std::vector<Change>{TrialChanged{running, {}}}, options_, searcher_, scheduler_, state);

  ASSERT_FALSE(replayed.has_value());
  EXPECT_EQ(replayed.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace manta::tune_loop_resume_test
