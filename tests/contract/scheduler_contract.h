// SPDX-License-Identifier: Apache-2.0
// What every trial scheduler promises, as a suite that each implementation runs.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "tests/support/change_log.h"
#include "tests/support/fake_sink.h"
#include "tests/support/histories.h"
#include "tests/support/recording_executor.h"
#include "tests/support/recording_observer.h"
#include "tests/support/report_history.h"
#include "tests/support/restarted_scheduler.h"
#include "tests/support/running_ahead_executor.h"
#include "tests/support/sanitizer.h"
#include "tests/support/scripted_searcher.h"
#include "tune/loop/simulated_executor.h"
#include "tune/loop/tune_loop.h"
#include "tune/scheduler.h"
#include "tune/trial/objective.h"

namespace manta {

/// One scheduler to hold to the contract. Instantiate SchedulerContractTest with it.
struct SchedulerContract {
  std::string name;        ///< Of the case; a C++ identifier.
  std::string class_name;  ///< What its snapshots begin with.
  std::function<std::unique_ptr<TrialScheduler>(const Objective& objective, std::int64_t trials)> make;
  std::uint64_t histories = 10'000;  ///< Random runs in which every trial must end; see play_histories().
  bool waits = false;                ///< All wait for a trial that runs and never reports.
};

inline void PrintTo(const SchedulerContract& contract, std::ostream* out) { *out << contract.name; }

class SchedulerContractTest : public ::testing::TestWithParam<SchedulerContract> {
 protected:
  static constexpr int kReports = kIsSanitized ? 60 : 120;

  /// Both must give the same orders for the rest of `history`.
  static void expect_equal(TrialScheduler& one, TrialScheduler& other, ReportHistory& history) {
    for (int count = 0; count < kReports && !history.over(); ++count) {
      const Report report = history.next();
      const auto orders = one.on_report(report, history.trials());
      const auto others = other.on_report(report, history.trials());
      ASSERT_TRUE(orders.has_value() && others.has_value());
      ASSERT_EQ(describe(*orders), describe(*others));
      ASSERT_EQ(one.next_to_resume(history.trials(), false), other.next_to_resume(history.trials(), false));
      history.apply(*orders, {&one, &other});
    }
    EXPECT_EQ(one.save().json, other.save().json);
  }

  static void play(TrialScheduler& scheduler, ReportHistory& history, int reports) {
    for (int count = 0; count < reports && !history.over(); ++count) {
      const auto orders = scheduler.on_report(history.next(), history.trials());
      ASSERT_TRUE(orders.has_value());
      history.apply(*orders, {&scheduler});
    }
  }

  static std::string describe(const std::vector<Order>& orders) {
    std::string text;
    for (const Order& order : orders) {
      text += to_string(order.trial) + ":" + std::to_string(order.action.index());
      if (const auto* clone = std::get_if<Clone>(&order.action)) {
        text += "<" + to_string(clone->donor) + clone->config.to_json();
      }
      text += " ";
    }
    return text;
  }

  std::unique_ptr<TrialScheduler> make(std::int64_t trials = 6) const { return GetParam().make(objective_, trials); }

  // Trials with the losses of one of four kinds of curves, and what became of them.
  struct Study {
    int shape = 0;  // Falls then rises, falls, rises, jumps.
    std::int64_t trials = 6;
    int concurrency = 2;
    std::int64_t iterations = 24;
    std::function<bool(TrialId)> saves{};
    std::optional<TrialId> silent{};  // Its third iteration takes for ever.

    std::map<TrialId, std::int64_t> reports{};
    std::map<TrialId, double> ended{};  // After so many seconds.
    std::vector<std::string> warnings{};
  };

  static constexpr double kForEver = 1e4;
  // More reports than any scheduler may need: then a study is cut off.
  static constexpr std::int64_t kTooMany = 100;

  static double loss_of(int shape, TrialId trial, std::int64_t iteration) {
    const auto i = static_cast<double>(iteration);
    const auto own = static_cast<double>((trial.number * 7) % 5) * 0.1;
    if (shape == 0) return 1 + (i - 6 - own) * (i - 6 - own) * 0.01 + own * 0.01;
    if (shape == 1) return own + 1 / i;
    if (shape == 2) return own + 0.1 * i;
    return RandomStream(static_cast<std::uint64_t>(trial.number), static_cast<std::uint64_t>(iteration)).uniform();
  }

  void run(Study& study) const {
    LoopOptions options;
    options.objective = objective_;
    options.max_trials = study.trials;
    options.concurrency = study.concurrency;
    options.max_iterations = study.iterations;
    SimulatedExecutor executor(
        [&study](const Config&, TrialId trial, std::int64_t iteration) -> std::optional<Stepped> {
          if (++study.reports[trial] > study.iterations * kTooMany) return std::nullopt;
          const bool is_silent = study.silent == trial && iteration == 3;
          return Stepped{.metrics = {{"loss", loss_of(study.shape, trial, iteration)}},
                         .seconds = is_silent ? kForEver : 1 + static_cast<double>(trial.number % 3) * 0.1};
        },
        {.slots = study.concurrency, .saves = study.saves});
    const auto scheduler = make(study.trials);
    ScriptedSearcher searcher;
    FakeSink sink;
    RecordingObserver observer;
    observer.trial_hook = [&](const TrialStatus& trial, const Progress& progress) {
      if (is_ended(trial.state)) study.ended[trial.id] = to_seconds(progress.elapsed);
    };
    TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});
    ASSERT_TRUE(loop.run().has_value());
    study.warnings = observer.warnings;
  }

  // A loop in which anything happens: trials fail and are tried again, give NaN, save nothing, take twenty times as
  // long as others, or come to no report at all; slots change hands; the scheduler goes on from snapshots of itself.
  struct AnyHistory {
    explicit AnyHistory(std::uint64_t seed) : random(seed, 3) {
      options.max_trials = 1 + static_cast<std::int64_t>(random.below(8));
      options.concurrency = 1 + static_cast<int>(random.below(5));
      options.max_iterations = 1 + static_cast<std::int64_t>(random.below(random.below(8) == 0 ? 30 : 6));
      options.max_failures = static_cast<int>(random.below(3));
      options.checkpoint_every = static_cast<std::int64_t>(random.below(3));
      options.non_finite = static_cast<NonFinite>(random.below(3));
      options.grow_every = static_cast<std::int64_t>(random.below(3));
      shape = static_cast<int>(random.below(4));
      saves = random.below(8) != 0;
      straggler = {static_cast<std::int64_t>(random.below(16))};
      silent = {static_cast<std::int64_t>(random.below(16))};
      restarts = random.below(4) == 0;
      if (random.below(2) == 0) options.limits.step_time = from_seconds(kLimit);
    }

    std::optional<Stepped> step(TrialId trial, std::int64_t iteration) {
      if (++steps > kMostSteps || random.below(50) == 0) return std::nullopt;
      const double loss = random.below(9) == 0 ? std::nan("")
                          : shape == 3         ? random.uniform()
                                               : loss_of(shape, trial, iteration);
      const double seconds = static_cast<double>(random.below(3) * (trial == straggler ? 20 : 1));
      return Stepped{.metrics = {{"loss", loss}},
                     .seconds = trial == silent && iteration == 2 ? 2 * kLimit : seconds,
                     .waits_for_disk = random.below(4) == 0};
    }

    static constexpr std::int64_t kMostSteps = 100'000;  // A history that takes more has no end.
    static constexpr double kLimit = 50;                 // Seconds; the loop looks around twice in each.

    RandomStream random;
    LoopOptions options;
    int shape = 0;
    bool saves = true;
    bool restarts = false;
    TrialId straggler;
    TrialId silent;  // Its second iteration takes longer than any limit.
    std::int64_t steps = 0;
  };

  void play_any_history(std::uint64_t seed) const {
    AnyHistory any(seed);
    any.options.objective = objective_;
    RandomStream& random = any.random;
    SimulatedExecutor simulated(
        [&any](const Config&, TrialId trial, std::int64_t iteration) { return any.step(trial, iteration); },
        {.slots = 5,
         .fails = [&random](TrialId, int, std::int64_t) { return random.below(15) == 0; },
         .saves = [&any](TrialId) { return any.saves; }});
    RunningAheadExecutor running_ahead(simulated, [&random](TrialId) { return random.below(4) == 0; });
    RecordingExecutor executor(running_ahead);
    RestartedScheduler scheduler([&] { return make(any.options.max_trials); },
                                 [&] { return any.restarts && random.below(6) == 0; });
    ScriptedSearcher searcher;
    FakeSink sink;
    RecordingObserver observer;
    TuneLoop loop(any.options, {searcher, scheduler, executor, sink, observer});

    const Result<LoopEnd> end = loop.run();

    ASSERT_TRUE(end.has_value()) << to_string(end.error());
    EXPECT_LE(any.steps, AnyHistory::kMostSteps);
    EXPECT_EQ(loop.trials().size(), static_cast<std::size_t>(any.options.max_trials));
    for (const TrialStatus& trial : loop.trials()) EXPECT_TRUE(is_ended(trial.state)) << to_string(trial.state);
    expect_consistent(sink.changes(), any.options.concurrency);
  }

  // What became of all trials but the first three, one report after the other in rounds. Those have no value but NaN,
  // or fail in their first iteration.
  std::map<TrialId, std::string> fates(std::uint64_t seed, bool fail) const {
    constexpr std::int64_t kTrials = 9;
    const auto scheduler = make(kTrials);
    std::vector<TrialStatus> trials(kTrials);
    std::vector<std::int64_t> diverges(kTrials, 0);
    for (std::int64_t number = 0; number < kTrials; ++number) {
      TrialStatus& trial = trials[static_cast<std::size_t>(number)];
      trial.id = {number};
      trial.state = TrialState::kRunning;
      trial.config = {{"index", number}};
      if (number < 3) diverges[static_cast<std::size_t>(number)] = 1;
    }
    const auto end = [&](TrialStatus& trial, TrialState state) {
      if (is_ended(trial.state)) return;
      trial.state = state;
      scheduler->on_end(trial.id, state);
    };
    std::map<TrialId, std::string> fates;
    const auto report = [&](TrialStatus& trial) {
      const std::int64_t from = diverges[static_cast<std::size_t>(trial.id.number)];
      ++trial.iteration;
      const bool is_nan = from > 0 && trial.iteration >= from;
      if (is_nan && fail) return end(trial, TrialState::kFailed);
      const auto key = static_cast<std::uint64_t>(trial.id.number * 100 + trial.iteration);
      const double loss = RandomStream(seed, key).uniform();
      const auto orders = scheduler->on_report({.trial = trial.id,
                                                .attempt = 1,
                                                .iteration = trial.iteration,
                                                .metrics = {{"loss", is_nan ? std::nan("") : loss}}},
                                               trials);
      ASSERT_TRUE(orders.has_value());
      for (const Order& order : *orders) {
        TrialStatus& ordered = trials[static_cast<std::size_t>(order.trial.number)];
        fates[order.trial] += std::to_string(ordered.iteration) + " " + describe({order});
        if (std::holds_alternative<Stop>(order.action)) end(ordered, TrialState::kStopped);
        if (std::holds_alternative<Pause>(order.action)) ordered.state = TrialState::kPaused;
        if (const auto* const clone = std::get_if<Clone>(&order.action)) ordered.config = clone->config;
      }
      if (trial.iteration == 12) end(trial, TrialState::kCompleted);
    };
    for (int round = 0; round < 40; ++round) {
      for (TrialStatus& trial : trials)
        if (trial.state == TrialState::kRunning) report(trial);
      while (const std::optional<TrialId> next = scheduler->next_to_resume(trials, false)) {
        trials[static_cast<std::size_t>(next->number)].state = TrialState::kRunning;
        fates[*next] += "resumed ";
      }
    }
    for (std::int64_t number = 0; number < 3; ++number) fates.erase({number});
    return fates;
  }

  const Objective objective_{"loss", Mode::kMin};
};

TEST_P(SchedulerContractTest, TheSameCallsBringTheSameOrders) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ReportHistory history(seed);
    expect_equal(*make(), *make(), history);
  }
}

TEST_P(SchedulerContractTest, SaveThenRestoreChangesNothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ReportHistory history(seed);
    const auto original = make();
    play(*original, history, static_cast<int>(seed));
    const auto copy = make();

    const Result<void> restored = copy->restore(original->save());

    ASSERT_TRUE(restored.has_value()) << restored.error().message;
    EXPECT_EQ(copy->save().json, original->save().json);
    expect_equal(*original, *copy, history);
  }
}

TEST_P(SchedulerContractTest, ARestoreReplacesWhatWasThere) {
  ReportHistory history(1);
  ReportHistory other(2);
  const auto original = make();
  play(*original, history, 30);
  const auto copy = make();
  play(*copy, other, 50);

  ASSERT_TRUE(copy->restore(original->save()).has_value());

  expect_equal(*original, *copy, history);
}

TEST_P(SchedulerContractTest, ASnapshotBeginsWithTheNameOfItsClass) {
  EXPECT_TRUE(make()->save().json.starts_with("{\"" + GetParam().class_name + "\":")) << make()->save().json;
}

TEST_P(SchedulerContractTest, AForeignOrDamagedSnapshotIsRefusedAndChangesNothing) {
  ReportHistory history(3);
  const auto scheduler = make();
  play(*scheduler, history, 40);
  const std::string before = scheduler->save().json;
  const std::string state = before.substr(before.find(':'));
  const std::vector<std::string> wrong{"",
                                       "{}",
                                       "null",
                                       "{\"" + GetParam().class_name + "\":null}",
                                       "{\"" + GetParam().class_name + "\":[1]}",
                                       "{\"OtherScheduler\"" + state,
                                       before.substr(0, before.size() - 1),
                                       before + "}",
                                       "\xff"};

  for (const std::string& json : wrong) {
    const Result<void> restored = scheduler->restore({json});
    ASSERT_FALSE(restored.has_value()) << json;
    EXPECT_EQ(restored.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(scheduler->save().json, before) << json;
  }
}

TEST_P(SchedulerContractTest, AReportWithoutTheObjectiveIsRefusedAndChangesNothing) {
  ReportHistory history(4);
  const auto scheduler = make();
  play(*scheduler, history, 20);
  const std::string before = scheduler->save().json;
  for (const Metrics& metrics : {Metrics{}, Metrics{{"accuracy", 1}}}) {
    Report report = history.next();
    report.metrics = metrics;

    const auto orders = scheduler->on_report(report, history.trials());

    ASSERT_FALSE(orders.has_value());
    EXPECT_EQ(orders.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(orders.error().message.find("\"loss\""), std::string::npos) << orders.error().message;
    EXPECT_EQ(scheduler->save().json, before);
  }
}

TEST_P(SchedulerContractTest, ExtremeValuesAreJudgedLikeOthers) {
  using Limits = std::numeric_limits<double>;
  const auto scheduler = make();
  std::int64_t number = 0;
  for (const double value : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), Limits::max(),
                             Limits::lowest(), Limits::denorm_min(), -0.0, 0.0, 1e308, -1e308}) {
    for (std::int64_t iteration = 1; iteration < 20; ++iteration) {
      const Report report{.trial = {number}, .attempt = 1, .iteration = iteration, .metrics = {{"loss", value}}};
      EXPECT_TRUE(scheduler->on_report(report, {}).has_value());
    }
    ++number;
  }
  EXPECT_TRUE(make()->restore(scheduler->save()).has_value());
}

TEST_P(SchedulerContractTest, AskingWhomToResumeChangesNothing) {
  ReportHistory history(5);
  const auto scheduler = make();
  play(*scheduler, history, 30);
  const std::string before = scheduler->save().json;

  const auto first = scheduler->next_to_resume(history.trials(), false);

  EXPECT_EQ(scheduler->next_to_resume(history.trials(), false), first);
  EXPECT_EQ(scheduler->save().json, before);
}

TEST_P(SchedulerContractTest, OrdersNameOnlyTrialsThatHaveNotEnded) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ReportHistory history(seed);
    const auto scheduler = make();
    for (int count = 0; count < kReports && !history.over(); ++count) {
      const auto orders = scheduler->on_report(history.next(), history.trials());
      ASSERT_TRUE(orders.has_value());
      for (const Order& order : *orders) {
        ASSERT_LT(static_cast<std::size_t>(order.trial.number), ReportHistory::kTrials);
        EXPECT_FALSE(is_ended(history.trials()[static_cast<std::size_t>(order.trial.number)].state));
      }
      history.apply(*orders, {scheduler.get()});
    }
  }
}

TEST_P(SchedulerContractTest, NoOrderIsAboutATrialWhoseReportIsNotToBeJudged) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ReportHistory history(seed);
    const auto scheduler = make();
    for (int count = 0; count < kReports && !history.over(); ++count) {
      const auto before = std::vector<TrialStatus>(history.trials().begin(), history.trials().end());
      const Report report = history.next();
      const std::int64_t stood_at = before[static_cast<std::size_t>(report.trial.number)].iteration;
      const std::int64_t unjudged = scheduler->unjudged_iterations(report.trial, stood_at);
      const auto orders = scheduler->on_report(report, history.trials());
      ASSERT_TRUE(orders.has_value());
      ASSERT_GE(unjudged, 1);
      for (const Order& order : *orders)
        EXPECT_TRUE(order.trial != report.trial || report.iteration - stood_at >= unjudged) << "seed " << seed;
      history.apply(*orders, {scheduler.get()});
    }
  }
}

TEST_P(SchedulerContractTest, WhatIsNotFiniteIsToOthersAsIfItHadFailed) {
  for (std::uint64_t seed = 0; seed < repetitions<std::uint64_t>(50); ++seed)
    ASSERT_EQ(fates(seed, false), fates(seed, true)) << "seed " << seed;
}

TEST_P(SchedulerContractTest, NoTrialWorksMuchMoreThanItsIterations) {
  for (int shape = 0; shape < 4; ++shape) {
    for (const std::int64_t trials : {3, 4, 6, 9}) {
      for (const int concurrency : {1, 2, 3, 9}) {
        Study study{.shape = shape, .trials = trials, .concurrency = concurrency};
        run(study);
        EXPECT_EQ(study.ended.size(), static_cast<std::size_t>(trials));
        for (const auto& [trial, reports] : study.reports)
          ASSERT_LE(reports, 2 * study.iterations + 1)
              << "shape " << shape << ", trial " << trial.number << " of " << trials << ", slots " << concurrency;
      }
    }
  }
}

TEST_P(SchedulerContractTest, TrialsThatSaveNothingEndToo) {
  for (int shape = 0; shape < 4; ++shape) {
    for (const int concurrency : {1, 2, 3, 6}) {
      for (const bool all : {true, false}) {
        Study study{.shape = shape, .concurrency = concurrency};
        study.saves = [all](TrialId trial) { return !all && trial.number % 2 == 0; };
        run(study);
        EXPECT_EQ(study.ended.size(), static_cast<std::size_t>(study.trials));
        EXPECT_LE(study.warnings.size(), 1u);
        for (const auto& [trial, reports] : study.reports)
          ASSERT_LE(reports, 5 * study.iterations)
              << "shape " << shape << ", trial " << trial.number << ", slots " << concurrency;
      }
    }
  }
}

TEST_P(SchedulerContractTest, OneThatDoesNotReportHoldsUpNobody) {
  if (GetParam().waits) GTEST_SKIP() << "it waits for all";
  for (int shape = 0; shape < 4; ++shape) {
    for (const std::int64_t trials : {3, 6}) {
      Study study{.shape = shape, .trials = trials, .concurrency = 3, .silent = TrialId{trials / 2}};
      run(study);
      ASSERT_EQ(study.ended.size(), static_cast<std::size_t>(trials));
      for (const auto& [trial, seconds] : study.ended)
        EXPECT_TRUE(trial == study.silent || seconds < kForEver) << "shape " << shape << ", trial " << trial.number;
    }
  }
}

TEST_P(SchedulerContractTest, EveryTrialEndsWhateverHappens) {
  play_histories(GetParam().histories, [this](std::uint64_t seed) { play_any_history(seed); });
}

}  // namespace manta
