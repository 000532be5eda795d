// SPDX-License-Identifier: Apache-2.0
// The loop giving free slots to trials, once no other is left to start.
#include <algorithm>
#include <functional>

#include "schedulers/make_scheduler.h"
#include "tests/tune/loop/loop_fixture.h"

namespace manta::tune_loop_slots_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum TrialState;

class TuneLoopSlotsTest : public LoopFixture {
 protected:
  // Four slots; trial n ends after lengths_[n] iterations of one second.
  TuneLoopSlotsTest() {
    options_.concurrency = 4;
    options_.grow_every = 1;
    options_.max_iterations = 20;
    step_ = [this](const Config&, TrialId trial, std::int64_t iteration) {
      Stepped step = stepped(static_cast<double>(iteration));
      step.finished = iteration == lengths_.at(static_cast<std::size_t>(trial.number));
      return std::optional(std::move(step));
    };
  }

  void run_trials(std::vector<std::int64_t> lengths) {
    set_trials(std::move(lengths));
    run_to_end();
    expect_consistent(sink_.changes(), 4);
  }
  void set_trials(std::vector<std::int64_t> lengths) {
    lengths_ = std::move(lengths);
    options_.max_trials = static_cast<std::int64_t>(lengths_.size());
  }

  void at_report(std::int64_t trial, std::int64_t iteration, const std::function<void()>& act) {
    observer_.report_hook = [=](const Report& report, const Progress&) {
      if (report.trial.number == trial && report.iteration == iteration) act();
    };
  }
  void post(const Command& command) {
    loop_->post(command, [](const Result<std::string>& done) { EXPECT_TRUE(done) << to_string(done.error()); });
  }

  // Of each of its attempts: "1 4"; each was launched with what is recorded.
  std::string slots_of(std::int64_t number) const {
    std::string text;
    for (const AttemptStarted& started : sink_.all<AttemptStarted>())
      if (started.trial.number == number) text += (text.empty() ? "" : " ") + std::to_string(started.slots);
    std::string launched;
    for (const Launch& launch : executor_->launches)
      if (launch.trial.number == number) launched += (launched.empty() ? "" : " ") + std::to_string(launch.slots);
    EXPECT_EQ(launched, text);
    return text;
  }

  std::vector<std::int64_t> lengths_;
};

TEST_F(TuneLoopSlotsTest, UnlessAskedForATrialKeepsItsOneSlot) {
  options_.grow_every = 0;

  run_trials({2, 2, 5});

  EXPECT_EQ(slots_of(2), "1");
  EXPECT_EQ(calls(2), "launch advance advance advance advance advance stop");
}

TEST_F(TuneLoopSlotsTest, TheLastTrialTakesOverAllSlotsAndGoesOnFromItsCheckpoint) {
  run_trials({2, 2, 5});

  EXPECT_EQ(slots_of(2), "1 4");
  EXPECT_EQ(calls(2), "launch advance advance advance save stop launch advance advance stop");
  EXPECT_EQ(reports_of(2), "1.1 1.2 1.3 2.4 2.5");
  EXPECT_THAT(states(2), ElementsAre(kRunning, kRunning, kCompleted));
  EXPECT_EQ(sink_.all<AttemptStarted>().back().from_iteration, 3);
  EXPECT_EQ(sink_.all<AttemptEnded>()[2].state, kPaused);
}

TEST_F(TuneLoopSlotsTest, SurvivorsShareTheSlotsEvenlyAndChangeOnlyWhereThatDoublesTheirs) {
  run_trials({1, 1, 2, 9, 6});  // With three left there is a slot for each, and one over.

  EXPECT_EQ(slots_of(2), "1");
  EXPECT_EQ(slots_of(4), "1 2");
  EXPECT_EQ(slots_of(3), "1 2 4");
}

TEST_F(TuneLoopSlotsTest, NothingIsTakenWhileTrialsAreToCome) {
  options_.concurrency = 2;

  run_trials({8, 1, 1, 1, 1, 1});  // One after the other has the second slot.

  EXPECT_EQ(slots_of(0), "1 2");
  EXPECT_EQ(sink_.all<AttemptStarted>().back().trial, TrialId{0});
}

TEST_F(TuneLoopSlotsTest, SoManyReportsLieBetweenTwoChanges) {
  options_.concurrency = 2;
  options_.grow_every = 3;

  run_trials({1, 6});

  EXPECT_EQ(slots_of(1), "1 2");
  EXPECT_EQ(sink_.all<AttemptStarted>().back().from_iteration, 3);
}

TEST_F(TuneLoopSlotsTest, AndSoManyAreLeftToIt) {
  options_.concurrency = 2;
  options_.grow_every = 3;
  options_.max_iterations = 5;

  run_trials({1, 5});

  EXPECT_EQ(slots_of(1), "1");
}

TEST_F(TuneLoopSlotsTest, ATrialThatIsAloneBeginsWithAllSlots) {
  run_trials({3});

  EXPECT_EQ(slots_of(0), "4");
  EXPECT_EQ(calls(0), "launch advance advance advance stop");
}

TEST_F(TuneLoopSlotsTest, ATrialThatSavesNothingIsLeftAsItIs) {
  options_.concurrency = 2;
  options_.grow_every = 2;
  on_start_ = [this] {
    executor_->on_event = [](Event& event) {
      if (auto* const saved = std::get_if<Saved>(&event.what)) saved->bytes = {};
    };
  };

  run_trials({1, 5});

  EXPECT_EQ(slots_of(1), "1");
  EXPECT_EQ(calls(1), "launch advance advance save advance advance save advance stop");
  EXPECT_EQ(reports_of(1), "1.1 1.2 1.3 1.4 1.5");
}

TEST_F(TuneLoopSlotsTest, NorDoesItLoseACheckpointThatItHad) {
  options_.concurrency = 2;
  options_.grow_every = 3;
  options_.checkpoint_every = 2;
  options_.max_failures = 1;
  simulation_.fails = [](TrialId trial, int attempt, std::int64_t iteration) {
    return trial.number == 1 && attempt == 1 && iteration == 4;
  };
  on_start_ = [this] {
    executor_->on_event = [saves = 0](Event& event) mutable {
      auto* const saved = std::get_if<Saved>(&event.what);
      if (saved != nullptr && ++saves == 2) saved->bytes = {};
    };
  };

  run_trials({1, 5});

  EXPECT_EQ(reports_of(1), "1.1 1.2 1.3 2.3 2.4 2.5");
}

TEST_F(TuneLoopSlotsTest, WhatIsWantedAgainIsGivenBack) {
  set_trials({6});
  lengths_.push_back(6);
  at_report(0, 2, [this] { post(AddTrial{.config = {{"index", std::int64_t{1}}}}); });

  run_to_end();

  EXPECT_EQ(slots_of(0), "4 2");
  EXPECT_EQ(slots_of(1), "2 4");
  EXPECT_EQ(sink_.all<AttemptStarted>()[1].from_iteration, 3) << "at the report after that of the command";
  expect_consistent(sink_.changes(), 4);
}

TEST_F(TuneLoopSlotsTest, OfFewerSlotsItKeepsThoseThatThereAre) {
  set_trials({6});
  at_report(0, 2, [this] {
    LoopOptions fewer = options_;
    fewer.concurrency = 3;
    post(ChangeLimits{fewer, "spec"});
  });

  run_to_end();

  EXPECT_EQ(slots_of(0), "4 3");
}

TEST_F(TuneLoopSlotsTest, PausedTrialsThatNobodyResumesHaveNoShare) {
  options_.concurrency = 2;
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number == 1) return std::vector<Order>{};
    return std::vector<Order>{{report.trial, Pause{}}};
  };

  run_trials({9, 3});

  EXPECT_EQ(slots_of(1), "1 2");
  EXPECT_EQ(trial(0).cause, "the scheduler did not resume it");
}

TEST_F(TuneLoopSlotsTest, APauseThatIsOrderedMeanwhileComesFirst) {
  simulation_.stop_cost = std::chrono::seconds(3);
  scheduler_.judge = [](const Report& report, TrialsView) -> Result<std::vector<Order>> {
    if (report.trial.number != 1 || report.iteration != 3) return std::vector<Order>{};
    return std::vector<Order>{{{0}, Pause{}}};
  };
  scheduler_.resume = first_paused;

  run_trials({4, 6});  // Trial 0 is on its way to two slots from its first report on.

  EXPECT_EQ(calls(0), "launch advance save stop launch advance advance advance stop");
  EXPECT_THAT(states(0), ElementsAre(kRunning, kPaused, kRunning, kCompleted));
}

TEST_F(TuneLoopSlotsTest, SoDoesAStopOfTheRun) {
  simulation_.stop_cost = std::chrono::seconds(3);
  set_trials({4, 6});
  at_report(1, 3, [this] { loop_->request_stop(); });

  EXPECT_EQ(run().value(), LoopEnd::kInterrupted);

  EXPECT_EQ(calls(0), "launch advance save stop");
  EXPECT_EQ(trial(0).state, kInterrupted);
  expect_consistent(sink_.changes(), 4);
}

TEST_F(TuneLoopSlotsTest, ARunThatGoesOnBeginsWithWhatEachMayHave) {
  options_.grow_every = 5;
  set_trials({9, 9});
  at_report(1, 2, [this] { loop_->request_stop(); });
  EXPECT_EQ(run().value(), LoopEnd::kInterrupted);
  const LoopState state = state_from(sink_.changes(), options_.objective);
  observer_.report_hook = nullptr;

  run_to_end(state);

  ASSERT_EQ(executor_->launches.size(), 2U);
  for (const Launch& launch : executor_->launches) {
    EXPECT_EQ(launch.slots, 2);
    EXPECT_EQ(launch.checkpoint->iteration, 3) << "the one under way when the run was to stop";
  }
}

// As in Ray Tune's issue 30265, where 200 trials with changing resources come to a halt.
TEST_F(TuneLoopSlotsTest, ManyTrialsUnderAnySchedulerComeToTheirEnd) {
  const Space space = parse_space(R"({"index": {"int": [0, 1000]}})").value();
  for (const char* const text : {"fifo", "asha:eta=2,max_t=16", "asha-promote:eta=2,max_t=16",
                                 "hyperband:max_t=16,eta=2", "median", "i-epoch:i=2,best=3"}) {
    SCOPED_TRACE(text);
    const auto scheduler = make_scheduler(
        text, {.objective = {"loss", Mode::kMin}, .max_iterations = 16, .space = &space, .max_trials = 200});
    options_.max_trials = 200;
    options_.concurrency = 7;
    options_.max_iterations = 16;
    SimulatedExecutor executor(
        [](const Config&, TrialId trial, std::int64_t iteration) {
          const auto number = static_cast<double>(trial.number * 37 % 101);
          return std::optional(
              stepped(number / static_cast<double>(iteration), 1 + static_cast<double>(trial.number % 3)));
        },
        {.slots = 7, .stop_cost = std::chrono::milliseconds(10)});
    FakeSink sink;
    ScriptedSearcher searcher;
    TuneLoop loop(options_, {searcher, **scheduler, executor, sink, observer_});

    ASSERT_TRUE(loop.run());

    expect_consistent(sink.changes(), 7);
    const auto attempts = sink.all<AttemptStarted>();
    EXPECT_TRUE(std::ranges::any_of(attempts, [](const AttemptStarted& started) { return started.slots > 1; }));
    std::vector<TrialId> not_ended;
    for (const TrialStatus& trial : loop.trials())
      if (!is_ended(trial.state)) not_ended.push_back(trial.id);
    EXPECT_THAT(not_ended, IsEmpty());
  }
}

}  // namespace
}  // namespace manta::tune_loop_slots_test
