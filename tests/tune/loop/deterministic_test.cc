// SPDX-License-Identifier: Apache-2.0
// A deterministic run is the same however fast its trials are, and however often it was cut.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "tests/support/sanitizer.h"
#include "tests/tune/loop/loop_fixture.h"
#include "tune/loop/event_log.h"
#include "tune/loop/ordered_executor.h"
#include "tune/space/space.h"

namespace manta::deterministic_test {
namespace {

using ::testing::HasSubstr;
using enum TrialState;

const char* const kSchedulers[] = {"fifo",
                                   "asha:grace=1,eta=2,max_t=9",
                                   "asha-promote:grace=1,eta=2,max_t=9",
                                   "hyperband:eta=3,max_t=9",
                                   "median",
                                   "pbt:interval=2",
                                   "pbt-sync:interval=2",
                                   "i-epoch:i=2,best=3",
                                   "pb2:interval=2"};

/// What is on disk: whole groups.
struct Disk {
  std::vector<Change> changes;
  std::vector<std::size_t> groups;  ///< After how many changes each ended.

  Disk first(std::size_t count) const {
    Disk kept;
    kept.groups.assign(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(count));
    const auto end = kept.groups.empty() ? 0 : static_cast<std::ptrdiff_t>(kept.groups.back());
    kept.changes.assign(changes.begin(), changes.begin() + end);
    return kept;
  }
  void append(const FakeSink& sink) {
    const std::size_t before = changes.size();
    changes.insert(changes.end(), sink.changes().begin(), sink.changes().end());
    for (const std::size_t group : sink.groups) groups.push_back(before + group);
  }
  std::optional<Checkpoint> newest_checkpoint(TrialId trial) const {
    std::optional<Checkpoint> newest;
    for (const Change& change : changes) {
      const auto* const saved = std::get_if<CheckpointSaved>(&change);
      if (saved != nullptr && saved->trial == trial) newest = saved->checkpoint;
    }
    return newest;
  }
  // A Saved does not have its bytes any more.
  std::vector<EventHandled> events() const {
    std::vector<EventHandled> found;
    for (const Change& change : changes) {
      const auto* const handled = std::get_if<EventHandled>(&change);
      if (handled == nullptr) continue;
      found.push_back(*handled);
      if (!found.back().event) continue;
      if (auto* const saved = std::get_if<Saved>(&found.back().event->what); saved && !saved->bytes.empty())
        saved->bytes = SharedArray<std::byte>(std::vector<std::byte>(1));
    }
    return found;
  }
};

struct End {
  Result<LoopEnd> end;
  std::vector<std::string> table;
  Disk disk;
};

// What a person sees of a trial in the end, but for the time it took.
std::string describe(const TrialStatus& trial) {
  const auto number = [](const std::optional<double>& value) { return value ? std::to_string(*value) : "none"; };
  return trial.config.to_json() + " " + std::string(to_string(trial.state)) + " " + std::to_string(trial.iteration) +
         " " + number(trial.value) + " " + number(trial.best_value) + " " + trial.cause;
}

class DeterministicTest : public ::testing::Test {
 protected:
  DeterministicTest() {
    options_.objective = {"loss", Mode::kMin};
    options_.max_trials = 12;
    options_.max_iterations = 9;
    options_.concurrency = 4;
    options_.checkpoint_every = 3;
    options_.max_failures = 1;
    options_.deterministic = true;
    options_.wait_for_durable_reports = true;
  }

  // Losses that cross, from what the trial has been through; some are NaN, and trial 5 fails in its fourth iteration.
  // How long an iteration takes is drawn.
  SimulatedExecutor executor(unsigned durations, std::optional<TrialId> without_process = std::nullopt) const {
    const auto step = [durations](const Config& config, TrialId trial, std::int64_t iteration,
                                  std::vector<double>& state) -> std::optional<Stepped> {
      if (state.empty()) state = {3.0};
      const auto number = static_cast<std::uint64_t>(trial.number);
      RandomStream random(1, number, static_cast<std::uint32_t>(iteration));
      RandomStream time(durations, number, static_cast<std::uint32_t>(iteration));
      state[0] = state[0] * 0.8 + config["rate"].as<double>() * random.uniform();
      if (trial.number == 7 && iteration == 6) return std::nullopt;
      return Stepped{.metrics = {{"loss", trial.number == 3 ? std::nan("") : state[0]}},
                     .seconds = 0.1 + 10 * time.uniform()};
    };
    SimulatedExecutor::Options options{.slots = 4};
    options.failure = [without_process](TrialId trial, std::int64_t iteration) -> std::optional<AttemptFailed> {
      if (trial == without_process && iteration == 0)
        return AttemptFailed{{ErrorCode::kSystem, "no process can be started"}};
      if (trial.number != 5 || iteration != 4) return std::nullopt;
      return AttemptFailed{{ErrorCode::kActorDied, "it fell"}};
    };
    return SimulatedExecutor(step, options);
  }

  /// Begins, or goes on with what is on `disk`, as another process would.
  End run(const std::string& scheduler_text, unsigned durations, Disk disk = {},
          std::optional<std::size_t> stop_after_reports = std::nullopt,
          std::optional<TrialId> without_process = std::nullopt) const {
    const Space space = parse_space(R"({"rate": {"float": [0, 1]}})").value();
    const auto scheduler = make_scheduler(scheduler_text, {.objective = options_.objective,
                                                           .max_iterations = options_.max_iterations,
                                                           .space = &space,
                                                           .max_trials = options_.max_trials,
                                                           .seed = 5})
                               .value();
    ScriptedSearcher searcher([&space](TrialId trial) -> Result<std::optional<Config>> {
      MANTA_ASSIGN_OR_RETURN(Config config, sample(space, 3, static_cast<std::uint64_t>(trial.number)));
      return std::optional(std::move(config));
    });
    FakeSink sink;
    RecordingObserver observer;
    SimulatedExecutor simulated = executor(durations, without_process);
    EventLog log(sink, {disk.events(), state_from(disk.changes, options_.objective).checkpoints,
                        [&disk](TrialId trial) { return disk.newest_checkpoint(trial); }});
    OrderedExecutor ordered(simulated, log);
    LoopOptions options = options_;
    options.space = &space;
    TuneLoop loop(options, {searcher, *scheduler, ordered, log, observer});
    std::size_t reports = 0;
    observer.report_hook = [&](const Report&, const Progress&) {
      if (!log.is_repeating() && ++reports == stop_after_reports) loop.request_stop();
    };
    Result<LoopEnd> end = loop.run();
    std::vector<std::string> table;
    for (const TrialStatus& trial : loop.trials()) table.push_back(describe(trial));
    disk.append(sink);
    return {std::move(end), std::move(table), std::move(disk)};
  }

  LoopOptions options_;
};

// From one moment at which a run is cut to the next.
constexpr std::size_t kStep = kIsSanitized ? 7 : 1;

TEST_F(DeterministicTest, TheTableIsTheSameHoweverLongIterationsTake) {
  for (const char* const scheduler : kSchedulers) {
    const End first = run(scheduler, 0);
    ASSERT_TRUE(first.end) << scheduler << ": " << to_string(first.end.error());
    ASSERT_EQ(first.table.size(), 12U) << scheduler;
    const unsigned most = std::string_view(scheduler).starts_with("pb2") ? 1 : repetitions(20U);
    for (unsigned durations = 1; durations <= most; ++durations)
      ASSERT_EQ(run(scheduler, durations).table, first.table) << scheduler << ", durations " << durations;
  }
}

TEST_F(DeterministicTest, WithoutItTheTableDependsOnThem) {
  options_.deterministic = false;
  std::vector<std::vector<std::string>> tables;
  for (unsigned durations = 0; durations < 5; ++durations) {
    SimulatedExecutor simulated = executor(durations);
    ScriptedSearcher searcher([](TrialId trial) {
      return Result<std::optional<Config>>(Config{{"rate", 0.05 * static_cast<double>(trial.number)}});
    });
    const auto scheduler =
        make_scheduler(kSchedulers[1], {.objective = options_.objective, .max_iterations = 9}).value();
    FakeSink sink;
    RecordingObserver observer;
    TuneLoop loop(options_, {searcher, *scheduler, simulated, sink, observer});
    ASSERT_TRUE(loop.run());
    tables.emplace_back();
    for (const TrialStatus& trial : loop.trials()) tables.back().push_back(describe(trial));
  }
  EXPECT_NE(std::count(tables.begin(), tables.end(), tables[0]), 5);
}

TEST_F(DeterministicTest, ARunThatWasCutAnywhereEndsTheSame) {
  for (const char* const scheduler : kSchedulers) {
    const End undisturbed = run(scheduler, 0);
    ASSERT_GT(undisturbed.disk.groups.size(), 50U) << scheduler;
    // The model of pb2 takes its time: only at some moments.
    const std::size_t step = (std::string_view(scheduler).starts_with("pb2") ? 40 : 1) * kStep;
    for (std::size_t cut = 0; cut <= undisturbed.disk.groups.size(); cut += step) {
      const End resumed = run(scheduler, 1, undisturbed.disk.first(cut));
      ASSERT_TRUE(resumed.end) << scheduler << " after " << cut << ": " << to_string(resumed.end.error());
      ASSERT_EQ(resumed.table, undisturbed.table) << scheduler << " after " << cut << " events";
    }
  }
}

TEST_F(DeterministicTest, SoDoesOneWhoseTrialsTakeOverFreeSlots) {
  options_.grow_every = 1;
  std::ptrdiff_t grown = 0;
  for (const char* const scheduler : kSchedulers) {
    if (std::string_view(scheduler).starts_with("pb2")) continue;
    const End undisturbed = run(scheduler, 0);
    ASSERT_TRUE(undisturbed.end) << scheduler << ": " << to_string(undisturbed.end.error());
    grown += std::ranges::count_if(undisturbed.disk.changes, [](const Change& change) {
      const auto* const started = std::get_if<AttemptStarted>(&change);
      return started != nullptr && started->slots > 1;
    });
    for (std::size_t cut = 0; cut <= undisturbed.disk.groups.size(); cut += 5 * kStep) {
      const End resumed = run(scheduler, 1, undisturbed.disk.first(cut));
      ASSERT_TRUE(resumed.end) << scheduler << " after " << cut << ": " << to_string(resumed.end.error());
      ASSERT_EQ(resumed.table, undisturbed.table) << scheduler << " after " << cut << " events";
    }
  }
  EXPECT_GT(grown, 5);
}

TEST_F(DeterministicTest, SoDoesOneThatWasCutAgainAndAgain) {
  RandomStream random(11, 0);
  for (const char* const scheduler : kSchedulers) {
    const End undisturbed = run(scheduler, 0);
    const unsigned histories = std::string_view(scheduler).starts_with("pb2") ? 1 : repetitions(20U);
    for (unsigned history = 0; history < histories; ++history) {
      Disk disk;
      for (unsigned depth = 0; depth < 4; ++depth) {
        const std::size_t kept = disk.groups.size();
        disk = run(scheduler, history + depth, std::move(disk)).disk;
        disk = disk.first(kept + random.below(disk.groups.size() - kept + 1));
      }
      ASSERT_EQ(run(scheduler, history, std::move(disk)).table, undisturbed.table)
          << scheduler << ", history " << history;
    }
  }
}

TEST_F(DeterministicTest, OneThatWasInterruptedGoesOnWhereItWas) {
  for (const char* const scheduler : kSchedulers) {
    const End undisturbed = run(scheduler, 0);
    const std::size_t step = std::string_view(scheduler).starts_with("pb2") ? 20 : 3 * kStep;
    for (std::size_t reports = 1; reports < 50; reports += step) {
      const End interrupted = run(scheduler, 2, {}, reports);
      ASSERT_TRUE(interrupted.end);
      if (*interrupted.end == LoopEnd::kFinished) break;  // It has no more reports.
      ASSERT_EQ(run(scheduler, 0, interrupted.disk).table, undisturbed.table) << scheduler << " after " << reports;
    }
  }
}

TEST_F(DeterministicTest, SoDoesOneThatEndedBecauseNoProcessCouldBeStarted) {
  const End undisturbed = run("asha:grace=1,eta=2,max_t=9", 0);
  for (std::int64_t trial = 0; trial < 12; ++trial) {
    const End failed = run("asha:grace=1,eta=2,max_t=9", 0, {}, std::nullopt, TrialId{trial});
    ASSERT_FALSE(failed.end);
    EXPECT_EQ(failed.end.error().message, "no process can be started");

    ASSERT_EQ(run("asha:grace=1,eta=2,max_t=9", 1, failed.disk).table, undisturbed.table) << "trial " << trial;
  }
}

TEST_F(DeterministicTest, WhatHadEndedIsNotRunAgain) {
  const End done = run("asha:grace=1,eta=2,max_t=9", 0);

  const End again = run("asha:grace=1,eta=2,max_t=9", 1, done.disk);

  EXPECT_EQ(again.table, done.table);
  EXPECT_EQ(again.disk.changes.size(), done.disk.changes.size());
}

TEST_F(DeterministicTest, TheRecordsOfAResumedRunMakeSense) {
  const End undisturbed = run("asha-promote:grace=1,eta=2,max_t=9", 0);
  for (std::size_t cut = 0; cut <= undisturbed.disk.groups.size(); cut += 5) {
    const End resumed = run("asha-promote:grace=1,eta=2,max_t=9", 1, undisturbed.disk.first(cut));
    expect_consistent(resumed.disk.changes, options_.concurrency, /*is_deterministic=*/true);
  }
}

TEST_F(DeterministicTest, AnotherSchedulerIsFoundOut) {
  const Disk disk = run("asha:grace=1,eta=2,max_t=9", 0).disk;

  const End other = run("fifo", 0, disk.first(disk.groups.size() - 1));

  ASSERT_FALSE(other.end);
  EXPECT_EQ(other.end.error().code, ErrorCode::kSystem);
  EXPECT_THAT(other.end.error().message, HasSubstr("does not repeat what it did"));
  EXPECT_EQ(other.disk.changes.size(), disk.first(disk.groups.size() - 1).changes.size());
}

TEST_F(DeterministicTest, WhatIsNotedWhileItRepeatsItselfIsNotLost) {
  const Disk disk = run("fifo", 0).disk;
  for (const std::size_t kept : {disk.groups.size() / 2, disk.groups.size()}) {
    SimulatedExecutor simulated = executor(0);
    const Space space = parse_space(R"({"rate": {"float": [0, 1]}})").value();
    ScriptedSearcher searcher([&space](TrialId trial) -> Result<std::optional<Config>> {
      MANTA_ASSIGN_OR_RETURN(Config config, sample(space, 3, static_cast<std::uint64_t>(trial.number)));
      return std::optional(std::move(config));
    });
    const auto scheduler = make_scheduler("fifo", {.objective = options_.objective}).value();
    FakeSink sink;
    RecordingObserver observer;
    const Disk begun = disk.first(kept);
    EventLog log(sink, {begun.events(), state_from(begun.changes, options_.objective).checkpoints, {}});
    OrderedExecutor ordered(simulated, log);
    TuneLoop loop(options_, {searcher, *scheduler, ordered, log, observer});
    std::string answer;
    loop.post(AddNote{.trial = std::nullopt, .text = "so far"},
              [&answer](const Result<std::string>& result) { answer = result ? *result : result.error().message; });

    ASSERT_TRUE(loop.run());

    const bool was_complete = kept == disk.groups.size();
    EXPECT_EQ(answer, was_complete ? "the run has ended" : "noted");
    EXPECT_EQ(sink.all<NoteAdded>().size(), was_complete ? 0U : 1U);
  }
}

TEST_F(DeterministicTest, NobodyChangesItsTrialsButNotesAreTaken) {
  SimulatedExecutor simulated = executor(0);
  ScriptedSearcher searcher([](TrialId) { return Result<std::optional<Config>>(Config{{"rate", 0.5}}); });
  ScriptedScheduler scheduler;
  FakeSink sink;
  RecordingObserver observer;
  EventLog log(sink);
  OrderedExecutor ordered(simulated, log);
  TuneLoop loop(options_, {searcher, scheduler, ordered, log, observer});
  std::vector<std::string> answers;
  const auto note = [&answers](const Result<std::string>& answer) {
    answers.push_back(answer ? "done" : answer.error().message);
  };
  loop.post(TrialCommand{.action = TrialCommand::Action::kStop, .trials = {TrialId{0}}}, note);
  loop.post(AddNote{.trial = std::nullopt, .text = "so far"}, note);

  ASSERT_TRUE(loop.run());

  ASSERT_EQ(answers.size(), 2U);
  EXPECT_THAT(answers[0], HasSubstr("deterministic"));
  EXPECT_EQ(answers[1], "done");
}

}  // namespace
}  // namespace manta::deterministic_test
