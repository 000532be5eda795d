// SPDX-License-Identifier: Apache-2.0
// A searcher that takes its time: what the loop does meanwhile, and that nothing of it is lost.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "core/base/random.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/replay.h"

namespace manta::tune_loop_thinking_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using enum TrialState;

// "ask 0, trial 0 running, report 0.1, snapshots": what matters here of each change.
std::string story(const std::vector<Change>& changes) {
  std::string text;
  const auto add = [&text](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  for (const Change& change : changes) {
    if (const auto* asked = std::get_if<SuggestionAsked>(&change)) add("ask " + to_string(asked->trial));
    if (const auto* changed = std::get_if<TrialChanged>(&change))
      add("trial " + to_string(changed->trial.id) + " " + std::string(to_string(changed->trial.state)));
    if (const auto* reported = std::get_if<Reported>(&change))
      add("report " + to_string(reported->report.trial) + "." + std::to_string(reported->report.iteration));
    if (std::holds_alternative<SnapshotsSaved>(change)) add("snapshots");
  }
  return text;
}

class TuneLoopThinkingTest : public LoopFixture {
 protected:
  TuneLoopThinkingTest() {
    thinks_elsewhere_ = true;
    options_.concurrency = 2;
    options_.max_trials = 2;
    options_.searcher = "slow";
  }

  /// Questions after that for trial 0 wait until the queue is released.
  void hold_after_first_trial() {
    searcher_ = ScriptedSearcher([this](TrialId trial) -> Result<std::optional<Config>> {
      if (trial.number == 0) queue_.is_held = true;
      return std::optional<Config>(Config{{"index", trial.number}});
    });
  }

  void at_step(std::int64_t number, std::int64_t iteration, std::function<void()> action) {
    step_ = [=](const Config&, TrialId trial, std::int64_t step) {
      if (trial.number == number && step == iteration) action();
      return std::optional<Stepped>(stepped(static_cast<double>(step)));
    };
  }
};

TEST_F(TuneLoopThinkingTest, TrialsReportWhileTheSearcherThinks) {
  hold_after_first_trial();
  at_step(0, 3, [this] { queue_.release(); });

  run_to_end();

  EXPECT_THAT(story(sink_.changes()), HasSubstr("ask 0, trial 0 running, ask 1, report 0.1, report 0.2, trial 1 running"));
  EXPECT_EQ(trial(1).state, kCompleted);
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopThinkingTest, OutcomesReachItInTheOrderInWhichTheyAreRecorded) {
  hold_after_first_trial();
  std::size_t told_before_answer = 0;
  at_step(0, 3, [&] {
    EXPECT_THAT(searcher_.told, IsEmpty());
    queue_.step();  // The question.
    EXPECT_EQ(searcher_.asked.size(), 2u);
    told_before_answer = searcher_.told.size();
    queue_.release();
  });

  run_to_end();

  EXPECT_EQ(told_before_answer, 0u);
  ASSERT_EQ(searcher_.told.size(), 8u);
  EXPECT_EQ(searcher_.told[0].iteration, 1);
  EXPECT_EQ(searcher_.told[1].iteration, 2);
}

TEST_F(TuneLoopThinkingTest, CommandsAreCarriedOutMeanwhile) {
  hold_after_first_trial();
  std::string answer;
  observer_.report_hook = [&](const Report& report, const Progress&) {
    if (report.trial.number == 0 && report.iteration == 1)
      loop_->post(TrialCommand{.action = TrialCommand::Action::kStop, .trials = {TrialId{0}}, .checkpoints = {}},
                  [&](const Result<std::string>& result) {
                    answer = result.value_or("");
                    queue_.release();
                  });
  };

  run_to_end();

  EXPECT_THAT(answer, HasSubstr("is stopped"));
  EXPECT_EQ(trial(0).state, kStopped);
  EXPECT_EQ(trial(1).state, kCompleted);
}

TEST_F(TuneLoopThinkingTest, AnInterruptedRunEndsAndWhatWasAskedForIsAskedForAgain) {
  hold_after_first_trial();
  at_step(0, 2, [this] { loop_->request_stop(); });

  const Result<LoopEnd> end = run();

  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, LoopEnd::kInterrupted);
  EXPECT_EQ(searcher_.asked.size(), 1u);
  EXPECT_THAT(sink_.all<SnapshotsSaved>(), IsEmpty());
  ScriptedSearcher later;
  LoopState state = state_from(sink_.changes(), options_.objective);
  ASSERT_TRUE(replay(sink_.changes(), options_, later, scheduler_, state));
  EXPECT_THAT(later.asked, ElementsAre(TrialId{0}, TrialId{1}));
  ASSERT_EQ(state.suggestions.size(), 1u);
  EXPECT_EQ(state.suggestions[0].config, (Config{{"index", 1}}));
}

TEST_F(TuneLoopThinkingTest, ASearcherThatThinksForLongIsNamedOnce) {
  hold_after_first_trial();
  options_.max_iterations = 100;
  at_step(0, 90, [this] { queue_.release(); });

  run_to_end();

  EXPECT_THAT(observer_.warnings, ElementsAre("the searcher slow has been thinking about its next suggestion for half "
                                              "a minute; trials that run go on, and 1 slot waits"));
}

TEST_F(TuneLoopThinkingTest, AnErrorEndsTheRunOnceTheOthersHaveEnded) {
  searcher_ = ScriptedSearcher([this](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 1) return Error{ErrorCode::kSystem, "no idea"};
    queue_.is_held = true;
    return std::optional<Config>(Config{{"index", trial.number}});
  });
  at_step(0, 2, [this] { queue_.release(); });

  const Result<LoopEnd> end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().message, "no idea");
  EXPECT_EQ(trial(0).state, kCompleted);
  EXPECT_EQ(searcher_.asked.size(), 2u);
}

TEST_F(TuneLoopThinkingTest, WhatASearcherThrowsEndsNoTrial) {
  searcher_ = ScriptedSearcher([](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 1) throw std::runtime_error("a bug");
    return std::optional<Config>(Config{{"index", trial.number}});
  });

  const Result<LoopEnd> end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().message, "the searcher has thrown: a bug");
  EXPECT_EQ(trial(0).state, kCompleted);
}

TEST_F(TuneLoopThinkingTest, OneThatWantedResultsBeforeItHeardOfThemIsAskedAgain) {
  int refusals = 0;
  searcher_ = ScriptedSearcher([&](TrialId trial) -> Result<std::optional<Config>> {
    queue_.is_held = true;
    if (trial.number == 1 && searcher_.told.empty()) return ++refusals, Error{ErrorCode::kExhausted, "wait"};
    return std::optional<Config>(Config{{"index", trial.number}});
  });
  at_step(0, 2, [this] { queue_.step(); });  // The question, behind which the first report waits.
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.iteration == 2) queue_.release();
  };

  run_to_end();

  EXPECT_EQ(refusals, 1);
  EXPECT_EQ(trial(1).state, kCompleted);
}

TEST_F(TuneLoopThinkingTest, OneThatWaitsForResultsWhichCannotComeHasFailed) {
  searcher_ = ScriptedSearcher([](TrialId trial) -> Result<std::optional<Config>> {
    if (trial.number == 1) return Error{ErrorCode::kExhausted, "wait"};
    return std::optional<Config>(Config{{"index", trial.number}});
  });

  const Result<LoopEnd> end = run();

  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().message, "wait");
}

// --- What is suggested ahead ---

class TuneLoopAheadOfNeedTest : public TuneLoopThinkingTest {
 protected:
  // Each suggestion takes until the next step of a trial.
  TuneLoopAheadOfNeedTest() {
    options_.max_trials = 12;
    queue_.is_held = true;
    queue_.works_to_drain = true;
    observer_.tick_hook = [this] { work(); };
    step_ = [this](const Config&, TrialId, std::int64_t iteration) {
      work();
      return std::optional<Stepped>(stepped(static_cast<double>(iteration)));
    };
  }

  void work() {
    while (queue_.waiting() > 0) queue_.step();
  }

  // Suggestions that no trial has used yet, at most.
  std::int64_t most_ahead() const {
    std::int64_t ahead = 0;
    std::int64_t most = 0;
    std::set<TrialId> known;
    for (const Change& change : sink_.changes()) {
      if (std::holds_alternative<SuggestionAsked>(change)) most = std::max(most, ++ahead);
      const auto* const changed = std::get_if<TrialChanged>(&change);
      if (changed != nullptr && known.insert(changed->trial.id).second) --ahead;
    }
    return most;
  }
};

TEST_F(TuneLoopAheadOfNeedTest, ASlowSearcherIsAskedBeforeASlotIsFree) {
  run_to_end();

  EXPECT_EQ(loop_->trials().size(), 12u);
  EXPECT_EQ(most_ahead(), 1);
  const std::string text = story(sink_.changes());
  EXPECT_THAT(text, HasSubstr("trial 3 running, ask 4, snapshots, report 2.1"));
  EXPECT_THAT(text, HasSubstr("trial 3 completed, trial 4 running"));
  EXPECT_EQ(searcher_.asked.size(), 12u) << "each once";
  expect_consistent(sink_.changes(), 2);
}

TEST_F(TuneLoopAheadOfNeedTest, WhatIsReadyWhenTheRunIsInterruptedIsUsedByTheNext) {
  observer_.report_hook = [this](const Report& report, const Progress&) {
    if (report.trial.number == 6 && report.iteration == 2) loop_->request_stop();
  };
  const Result<LoopEnd> end = run();
  ASSERT_TRUE(end.has_value());
  ASSERT_EQ(*end, LoopEnd::kInterrupted);
  const std::size_t trials = loop_->trials().size();
  const auto snapshots = sink_.all<SnapshotsSaved>();
  ASSERT_FALSE(snapshots.empty());
  ASSERT_EQ(snapshots.back().ahead.size(), 1u);
  EXPECT_EQ(snapshots.back().ahead[0].trial.number, static_cast<std::int64_t>(trials));
  const std::size_t asked = searcher_.asked.size();
  EXPECT_EQ(asked, trials + 1);

  LoopState state = state_from(sink_.changes(), options_.objective);
  observer_.report_hook = nullptr;
  ASSERT_TRUE(replay(sink_.changes(), options_, searcher_, scheduler_, state));
  EXPECT_EQ(searcher_.asked.size(), asked) << "the snapshot knows";
  run_to_end(std::move(state));

  EXPECT_EQ(loop_->trials().size(), 12u);
  EXPECT_EQ(searcher_.asked.size(), 12u) << "each once";
  EXPECT_EQ(trial(static_cast<std::int64_t>(trials)).config, snapshots.back().ahead[0].config);
}

// --- The order of questions and outcomes ---

// Suggests by all that it was asked and told, in that order.
class HashingSearcher final : public Searcher {
 public:
  Result<std::optional<Config>> ask(TrialId trial) override {
    EXPECT_EQ(trial.number, next_++);
    mix(static_cast<std::uint64_t>(trial.number));
    const Config config{{"index", static_cast<std::int64_t>(hash_ % 1'000'000)}};
    suggested[trial] = config;
    return std::optional<Config>(config);
  }
  void tell(const Outcome& outcome) override {
    mix(1000 + static_cast<std::uint64_t>(outcome.trial.number));
    mix(static_cast<std::uint64_t>(outcome.iteration) * 2 + (outcome.state == kRunning ? 1 : 0));
  }
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  Snapshot save() const override { return {std::to_string(hash_) + " " + std::to_string(next_)}; }
  Result<void> restore(const Snapshot& snapshot) override {
    const std::size_t space = snapshot.json.find(' ');
    hash_ = std::stoull(snapshot.json.substr(0, space));
    next_ = std::stoll(snapshot.json.substr(space + 1));
    return {};
  }

  std::map<TrialId, Config> suggested;

 private:
  void mix(std::uint64_t number) { hash_ = (hash_ ^ number) * 0x9e3779b97f4a7c15ull + 1; }

  std::uint64_t hash_ = 1;
  std::int64_t next_ = 0;
};

TEST_F(TuneLoopThinkingTest, WhateverWasRecordedBringsASearcherToWhereItStood) {
  options_.max_trials = 12;
  options_.concurrency = 3;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomStream random(seed, 0, 1);
    StepQueue queue;
    queue.is_held = true;
    const auto work = [&] {
      for (std::uint64_t left = random.below(4); left > 0; --left) queue.step();
    };
    SimulatedExecutor executor(
        [&](const Config&, TrialId trial, std::int64_t iteration) {
          work();
          return std::optional(stepped(static_cast<double>(iteration), 0.1 + 0.3 * static_cast<double>(trial.number % 4)));
        },
        SimulatedExecutor::Options{.slots = 3});
    HashingSearcher searcher;
    FakeSink sink;
    RecordingObserver observer;
    observer.tick_hook = work;
    TuneLoop loop(options_, {searcher, scheduler_, executor, sink, observer, &queue});
    ASSERT_TRUE(loop.run());
    ASSERT_EQ(loop.trials().size(), 12u);

    for (std::size_t kept = 0; kept <= sink.changes().size(); ++kept) {
      const std::vector<Change> changes(sink.changes().begin(), sink.changes().begin() + static_cast<long>(kept));
      HashingSearcher later;
      ScriptedScheduler scheduler;
      LoopState state = state_from(changes, options_.objective);
      ASSERT_TRUE(replay(changes, options_, later, scheduler, state));
      for (const auto& [trial, config] : later.suggested) ASSERT_EQ(config, searcher.suggested.at(trial)) << kept;
      for (std::size_t i = 0; i < state.suggestions.size(); ++i) {
        const Suggestion& one = state.suggestions[i];
        ASSERT_EQ(one.trial.number, static_cast<std::int64_t>(state.trials.size() + i)) << kept;
        ASSERT_EQ(one.config, searcher.suggested.at(one.trial)) << kept;
      }
    }
  }
}

}  // namespace
}  // namespace manta::tune_loop_thinking_test
