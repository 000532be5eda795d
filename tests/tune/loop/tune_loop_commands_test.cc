// SPDX-License-Identifier: Apache-2.0
// What users command while the loop runs.
#include <algorithm>
#include <random>

#include "schedulers/make_scheduler.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/replay.h"

namespace manta::tune_loop_commands_test {
namespace {

using enum TrialState;
using Action = TrialCommand::Action;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TuneLoopCommandsTest : public LoopFixture {
 protected:
  /// Posts when `trial` has reported `iteration`, once.
  void at_report(std::int64_t trial, std::int64_t iteration, Command command) {
    posts_.push_back({{trial}, iteration, std::move(command)});
    observer_.report_hook = [this](const Report& report, const Progress&) {
      for (Post& post : posts_) {
        if (post.is_done || post.trial != report.trial || post.iteration != report.iteration) continue;
        post.is_done = true;
        this->post(post.command);
      }
    };
  }
  void post(const Command& command) {
    loop_->post(command, [this](const Result<std::string>& done) {
      answers_.push_back(done ? *done : to_string(done.error()));
    });
  }
  static TrialCommand act(Action action, std::int64_t trial) { return {.action = action, .trials = {{trial}}}; }

  struct Post {
    TrialId trial;
    std::int64_t iteration;
    Command command;
    bool is_done = false;
  };
  std::vector<Post> posts_;
  std::vector<std::string> answers_;
};

TEST_F(TuneLoopCommandsTest, AStoppedTrialEndsAndTheOthersGoOn) {
  at_report(1, 2, act(Action::kStop, 1));

  run_to_end();

  EXPECT_EQ(trial(1).state, kStopped);
  EXPECT_EQ(trial(1).cause, "stopped by the user");
  EXPECT_EQ(trial(2).state, kCompleted);
  EXPECT_THAT(scheduler_.ended, ::testing::Contains(std::pair(TrialId{1}, kStopped)));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_THAT(answers_[0], HasSubstr("trial 1 is stopped"));
}

TEST_F(TuneLoopCommandsTest, AKilledTrialHasFailedAndItsCallIsNotWaitedFor) {
  options_.max_failures = 5;
  at_report(0, 1, act(Action::kKill, 0));

  run_to_end();

  EXPECT_EQ(trial(0).state, kFailed);
  EXPECT_EQ(trial(0).cause, "killed by the user");
  EXPECT_EQ(trial(0).attempt, 1);
}

TEST_F(TuneLoopCommandsTest, AHeldTrialFreesItsSlotAndGoesOnWhenItIsReleased) {
  scheduler_.resume = first_paused;        // Which a held one is not.
  at_report(0, 1, act(Action::kHold, 0));  // The second iteration is under way by then.
  at_report(2, 1, act(Action::kRelease, 0));

  run_to_end();

  EXPECT_THAT(states(0), ElementsAre(kRunning, kHeld, kPending, kRunning, kCompleted));
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.3");
  EXPECT_THAT(answers_, ElementsAre(HasSubstr("is paused"), "trial 0 goes on"));
}

TEST_F(TuneLoopCommandsTest, TheRunWaitsForHeldTrials) {
  at_report(2, 1, act(Action::kHold, 2));
  int ticks = 0;
  observer_.tick_hook = [&] {
    if (loop_->trials().size() == 3 && trial(2).state == kHeld && ++ticks == 20) post(act(Action::kRelease, 2));
  };

  run_to_end();

  EXPECT_EQ(ticks, 20);
  EXPECT_EQ(trial(2).state, kCompleted);
}

TEST_F(TuneLoopCommandsTest, AnInterruptedRunLeavesHeldTrialsHeldAndSoDoesTheNext) {
  options_.max_trials = 1;
  at_report(0, 1, act(Action::kHold, 0));
  observer_.tick_hook = [&] {
    if (!loop_->trials().empty() && trial(0).state == kHeld) loop_->request_stop();
  };
  ASSERT_TRUE(run().has_value());
  EXPECT_EQ(trial(0).state, kHeld);
  const LoopState state = state_from(sink_.changes(), options_.objective);

  int ticks = 0;
  observer_.tick_hook = [&] {
    if (++ticks == 3) post(act(Action::kRelease, 0));
  };
  run_to_end(state);

  EXPECT_EQ(reports_of(0), "1.1 1.2 2.3");
  EXPECT_GE(ticks, 3);
}

TEST_F(TuneLoopCommandsTest, ATrialThatTheSchedulerPausedWaitsForItAgainWhenReleased) {
  bool may_resume = false;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number == 0 && report.iteration == 1) return std::vector<Order>{{report.trial, Pause{}}};
    return std::vector<Order>{};
  };
  scheduler_.resume = [&](TrialsView trials) { return may_resume ? first_paused(trials) : std::nullopt; };
  at_report(1, 1, act(Action::kHold, 0));
  at_report(1, 2, act(Action::kRelease, 0));
  observer_.trial_hook = [&](const TrialStatus& status, const Progress&) {
    if (status.id.number == 2) may_resume = true;
  };

  run_to_end();

  EXPECT_THAT(states(0), ElementsAre(kRunning, kPaused, kHeld, kPaused, kRunning, kCompleted));
}

TEST_F(TuneLoopCommandsTest, AFailedTrialIsTriedAgainFromItsCheckpointAndNotJudged) {
  simulation_.fails = [](TrialId trial, int attempt, std::int64_t iteration) {
    return trial.number == 0 && attempt == 1 && iteration == 3;
  };
  options_.checkpoint_every = 1;
  observer_.trial_hook = [&](const TrialStatus& status, const Progress&) {
    if (status.id.number != 1 || status.state != kRunning) return;
    TrialCommand retry = act(Action::kRetry, 0);
    retry.checkpoints.emplace(TrialId{0}, sink_.all<CheckpointSaved>().back().checkpoint);
    post(retry);
  };

  run_to_end();

  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_TRUE(trial(0).retried);
  EXPECT_EQ(reports_of(0), "1.1 1.2 2.3");
  EXPECT_EQ(std::ranges::count(scheduler_.ended, TrialId{0}, &std::pair<TrialId, TrialState>::first), 1);
  EXPECT_EQ(std::ranges::count(scheduler_.judged, TrialId{0}, &Report::trial), 2);
  EXPECT_THAT(answers_, ElementsAre("trial 0 is tried again, from iteration 2"));
}

TEST_F(TuneLoopCommandsTest, AnAddedTrialIsNotAskedForButToldOf) {
  at_report(0, 1, AddTrial{.config = {{"index", std::int64_t{77}}}});

  run_to_end();

  ASSERT_EQ(loop_->trials().size(), 4U);  // It comes on top of max_trials.
  EXPECT_TRUE(trial(1).by_hand);
  EXPECT_EQ(trial(1).config["index"].as<int>(), 77);
  EXPECT_THAT(searcher_.asked, ElementsAre(TrialId{0}, TrialId{1}, TrialId{2}));
  EXPECT_EQ(trial(3).config["index"].as<int>(), 2);
  EXPECT_THAT(searcher_.told, ::testing::Contains(::testing::Field(&ToldOutcome::trial, TrialId{kFirstNumberByHand})));
  EXPECT_THAT(searcher_.told, ::testing::Contains(::testing::Field(&ToldOutcome::trial, TrialId{2})));
  EXPECT_THAT(answers_, ElementsAre("trial 1 is added"));
}

TEST_F(TuneLoopCommandsTest, ACloneGoesOnWhereItsDonorIs) {
  options_.max_trials = 1;
  at_report(0, 1, AddTrial{.config = {{"lr", 0.5}}, .donor = TrialId{0}});

  run_to_end();

  EXPECT_EQ(reports_of(0), "1.1 1.2 1.3");
  EXPECT_EQ(reports_of(1), "1.3");
  EXPECT_EQ(trial(1).config, (Config{{"index", std::int64_t{0}}, {"lr", 0.5}}));
  EXPECT_THAT(answers_, ElementsAre("trial 1 is added: a clone of trial 0 from iteration 2"));
}

TEST_F(TuneLoopCommandsTest, LimitsChangeWhileItRuns) {
  LoopOptions changed = options_;
  changed.max_trials = 5;
  changed.concurrency = 4;
  at_report(0, 1, ChangeLimits{changed, "spec"});
  std::int64_t most = 0;
  observer_.trial_hook = [&](const TrialStatus&, const Progress& progress) {
    most = std::max(most, std::ranges::count(progress.trials, kRunning, &TrialStatus::state));
  };

  run_to_end();

  EXPECT_EQ(loop_->trials().size(), 5U);
  EXPECT_EQ(most, 4);
  ASSERT_EQ(sink_.all<SpecChanged>().size(), 1U);
  EXPECT_EQ(sink_.all<SpecChanged>()[0].json, "spec");
}

TEST_F(TuneLoopCommandsTest, WhatDoesNotFitIsRefusedAndChangesNothing) {
  at_report(1, 1, act(Action::kStop, 0));
  at_report(1, 1, act(Action::kStop, 9));
  at_report(1, 1, act(Action::kRelease, 1));
  at_report(1, 1, act(Action::kRetry, 0));
  at_report(1, 1, act(Action::kKill, 0));
  at_report(1, 1, AddTrial{.config = {}, .donor = TrialId{0}});
  at_report(1, 1, TrialCommand{.action = Action::kStop, .trials = {{1}, {0}}});

  run_to_end();

  EXPECT_THAT(answers_, ElementsAre(HasSubstr("trial 0 has ended already: it is completed"),
                                    HasSubstr("not_found: there is no trial 9: the last is 1"),
                                    HasSubstr("is not held by manta pause, it is running"),
                                    HasSubstr("has not failed, it is completed"), HasSubstr("has ended already"),
                                    HasSubstr("no checkpoint to go on from"), HasSubstr("trial 0 has ended already")));
  EXPECT_THAT(states(1), ElementsAre(kRunning, kCompleted));
}

TEST_F(TuneLoopCommandsTest, AnAnswerComesWhenWhatWasDoneIsDurable) {
  at_report(0, 1, act(Action::kHold, 0));
  sink_.on_record = [&](const Change& change) {
    const auto* changed = std::get_if<TrialChanged>(&change);
    if (changed != nullptr && changed->trial.state == kHeld) sink_.durable_limit = sink_.changes().size() - 1;
  };
  int ticks = 0;
  observer_.tick_hook = [&] {
    if (++ticks < 5) return;
    if (ticks == 5) {
      EXPECT_THAT(answers_, ElementsAre());
    }
    sink_.durable_limit = sink_.changes().size() + 1000;
    if (ticks == 6) post(act(Action::kRelease, 0));
  };

  run_to_end();

  EXPECT_EQ(answers_.size(), 2U);
}

TEST_F(TuneLoopCommandsTest, AfterTheEndTheAnswerIsThatItHasEnded) {
  run_to_end();

  post(act(Action::kStop, 0));

  EXPECT_THAT(answers_, ElementsAre(HasSubstr("the run has ended")));
}

TEST_F(TuneLoopCommandsTest, ReplayAsksForNoTrialThatWasAddedOrHeld) {
  at_report(0, 1, AddTrial{.config = {{"index", std::int64_t{77}}}});
  at_report(0, 1, act(Action::kHold, 0));
  at_report(1, 1, act(Action::kRelease, 0));
  run_to_end();
  std::vector<Change> changes = sink_.changes();
  std::erase_if(changes, [](const Change& change) { return std::holds_alternative<SnapshotsSaved>(change); });
  LoopState state = state_from(changes, options_.objective);
  ScriptedSearcher searcher;
  ScriptedScheduler scheduler;

  ASSERT_TRUE(replay(changes, options_, searcher, scheduler, state).has_value());

  EXPECT_EQ(searcher.asked, searcher_.asked);
  EXPECT_EQ(searcher.told.size(), searcher_.told.size());
  EXPECT_EQ(scheduler.ended, scheduler_.ended);
}

/// Random commands at random moments, with every scheduler: the run comes to its end, and what was recorded makes
/// sense.
class RandomCommandsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RandomCommandsTest, NothingStallsAndNothingIsLost) {
  const Space space = parse_space(R"({"x": {"float": [0, 1]}})").value();
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto draw = [&](unsigned below) { return static_cast<std::int64_t>(random() % below); };
    LoopOptions options;
    options.objective = {"loss", Mode::kMin};
    options.max_trials = 9;
    options.concurrency = 1 + static_cast<int>(draw(3));
    options.max_iterations = 9;
    options.grow_every = seed % 3;
    options.space = &space;
    std::unique_ptr<TrialScheduler> scheduler = make_scheduler(GetParam(), {.objective = options.objective,
                                                                            .max_iterations = 9,
                                                                            .space = &space,
                                                                            .max_trials = 9,
                                                                            .seed = seed,
                                                                            .read_snapshot = {}})
                                                    .value();
    ScriptedSearcher searcher{[](TrialId trial) {
      return Result<std::optional<Config>>(Config{{"x", 0.1 * static_cast<double>(trial.number)}});
    }};
    SimulatedExecutor executor(
        [](const Config& config, TrialId, std::int64_t iteration) {
          return std::optional<Stepped>(
              Stepped{.metrics = {{"loss", config["x"].as<double>() / static_cast<double>(iteration)}}, .seconds = 1});
        },
        {.slots = 4,
         .launch_cost = {},
         .save_cost = {},
         .stop_cost = {},
         .fails = [](TrialId trial, int attempt, std::int64_t iteration) {
           return trial.number % 4 == 3 && attempt == 1 && iteration == 2;
         }});
    FakeSink sink;
    RecordingObserver observer;
    TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});
    int posts = 0;
    int answers = 0;
    const auto post = [&](Command command) {
      ++posts;
      loop.post(std::move(command), [&](const Result<std::string>&) { ++answers; });
    };
    observer.report_hook = [&](const Report&, const Progress& progress) {
      if (draw(4) != 0 || posts > 40) return;
      const TrialId trial{draw(static_cast<unsigned>(progress.trials.size()))};
      const std::int64_t kind = draw(8);
      if (kind < 5) return post(TrialCommand{.action = static_cast<Action>(kind), .trials = {trial}});
      if (kind == 5) return post(AddTrial{.config = {{"x", 0.5}}});
      if (kind == 6) return post(AddTrial{.config = {{"x", 0.25}}, .donor = trial});
      LoopOptions changed = options;
      changed.concurrency = 1 + static_cast<int>(draw(4));
      post(ChangeLimits{changed, "spec"});
    };
    int ticks = 0;
    observer.tick_hook = [&] {
      ASSERT_LT(++ticks, 20'000) << "it stalls";
      for (const TrialStatus& status : loop.trials())
        if (status.state == kHeld) post(TrialCommand{.action = Action::kRelease, .trials = {status.id}});
    };

    const Result<LoopEnd> end = loop.run();

    ASSERT_TRUE(end.has_value()) << to_string(end.error());
    EXPECT_EQ(posts, answers);
    EXPECT_TRUE(std::ranges::all_of(loop.trials(), [](const TrialStatus& each) { return is_ended(each.state); }));
    EXPECT_EQ(searcher.asked.size(), 9U);
  }
}

INSTANTIATE_TEST_SUITE_P(Schedulers, RandomCommandsTest,
                         ::testing::Values("fifo", "asha", "asha-promote", "hyperband", "async-hyperband", "median",
                                           "i-epoch", "pbt:interval=2", "pbt-sync:interval=2"),
                         [](const auto& test) {
                           std::string name = test.param.substr(0, test.param.find(':'));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace manta::tune_loop_commands_test
