// SPDX-License-Identifier: Apache-2.0
// What happens when somebody, or a time server, sets the machine's clock while a sweep runs: nothing.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/random.h"
#include "schedulers/make_scheduler.h"
#include "tests/support/fake_sink.h"
#include "tests/support/recording_observer.h"
#include "tests/support/scripted_searcher.h"
#include "tune/loop/simulated_executor.h"
#include "tune/loop/tune_loop.h"

namespace manta::wall_clock_test {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

/// Time goes on as that of another clock; the wall clock is somewhere else each time that it is asked.
class JumpingClock final : public Clock {
 public:
  JumpingClock(const Clock& steady, bool jumps) : steady_(steady), jumps_(jumps) {}

  TimePoint now() const override { return steady_.now(); }
  WallTime wall_now() const override {
    if (!jumps_) return steady_.wall_now();
    constexpr std::array<int, 4> kDays{0, 1, -1, 3};
    return steady_.wall_now() + std::chrono::floor<WallTime::duration>(kDays[asked_++ % kDays.size()] * kDay);
  }

 private:
  const Clock& steady_;
  const bool jumps_;
  mutable std::size_t asked_ = 0;
};

/// An executor on that clock.
class JumpingExecutor final : public Executor {
 public:
  JumpingExecutor(Executor& executor, bool jumps) : executor_(executor), clock_(executor.clock(), jumps) {}

  void launch(Launch launch) override { executor_.launch(std::move(launch)); }
  void advance(TrialId trial) override { executor_.advance(trial); }
  void save(TrialId trial) override { executor_.save(trial); }
  void stop(TrialId trial) override { executor_.stop(trial); }
  void abort(TrialId trial) override { executor_.abort(trial); }
  int slots() const override { return executor_.slots(); }
  std::optional<Event> next_event(TimePoint deadline) override { return executor_.next_event(deadline); }
  void wait(TimePoint deadline) override { executor_.wait(deadline); }
  void interrupt() override { executor_.interrupt(); }
  const Clock& clock() const override { return clock_; }

 private:
  Executor& executor_;
  const JumpingClock clock_;
};

struct Sweep {
  LoopEnd end = LoopEnd::kFinished;
  Duration elapsed{};
  std::vector<Change> changes;
  std::vector<TrialStatus> trials;
};

/// Trials that fail and are tried again, pause at rungs and go on; a report takes a second or two.
Sweep sweep(bool jumps, std::optional<Duration> time_budget = std::nullopt) {
  LoopOptions options;
  options.objective = {"loss", Mode::kMin};
  options.max_trials = 12;
  options.concurrency = 3;
  options.max_iterations = 8;
  options.max_failures = 2;
  options.retry_wait = std::chrono::seconds(1);
  options.limits.step_time = std::chrono::seconds(30);
  options.limits.trial_time = std::chrono::seconds(60);
  options.limits.stall_timeout = std::chrono::seconds(30);
  options.time_budget = time_budget;
  const auto scheduler = make_scheduler("asha-promote:eta=2", options.objective, 8).value();
  SimulatedExecutor simulated(
      [](const Config&, TrialId trial, std::int64_t iteration) -> std::optional<Stepped> {
        RandomStream random(static_cast<std::uint64_t>(trial.number), static_cast<std::uint64_t>(iteration));
        return Stepped{.metrics = {{"loss", random.uniform()}}, .seconds = 1 + random.uniform()};
      },
      {.slots = 3, .fails = [](TrialId trial, int attempt, std::int64_t iteration) {
         return trial.number % 4 == 1 && attempt == 1 && iteration == 1;
       }});
  JumpingExecutor executor(simulated, jumps);
  ScriptedSearcher searcher;
  FakeSink sink;
  RecordingObserver observer;
  TuneLoop loop(options, {searcher, *scheduler, executor, sink, observer});
  const TimePoint began = simulated.clock().now();
  Sweep done;
  done.end = loop.run().value();
  done.elapsed = simulated.clock().now() - began;
  done.changes = sink.changes();
  done.trials.assign(loop.trials().begin(), loop.trials().end());
  return done;
}

std::optional<WallTime> time_of(const Change& change) {
  return std::visit(
      [](const auto& one) -> std::optional<WallTime> {
        if constexpr (requires { one.when; }) return one.when;
        return std::nullopt;
      },
      change);
}

TEST(WallClockTest, NothingThatIsRecordedLiesBeforeWhatCameBefore) {
  WallTime last = WallTime::min();
  int times = 0;
  for (const Change& change : sweep(true).changes) {
    const std::optional<WallTime> time = time_of(change);
    if (!time) continue;
    EXPECT_GE(*time, last);
    last = *time;
    ++times;
  }
  EXPECT_GT(times, 100);
}

TEST(WallClockTest, AnAttemptTakesAsLongAsItDoes) {
  const Sweep done = sweep(true);
  std::map<std::pair<TrialId, int>, WallTime> began;
  int ends = 0;
  for (const Change& change : done.changes) {
    if (const auto* const started = std::get_if<AttemptStarted>(&change))
      began[{started->trial, started->attempt}] = started->when;
    if (const auto* const ended = std::get_if<AttemptEnded>(&change)) {
      ++ends;
      const auto took = ended->when - began.at({ended->trial, ended->attempt});
      EXPECT_GE(took, WallTime::duration(0));
      EXPECT_LE(took, done.elapsed);
    }
  }
  EXPECT_GT(ends, 12);
}

TEST(WallClockTest, NoOrderLimitOrBudgetDependsOnIt) {
  for (const std::optional<Duration> budget : {std::optional<Duration>(), std::optional<Duration>(std::chrono::seconds(9))}) {
    const Sweep steady = sweep(false, budget);
    const Sweep jumping = sweep(true, budget);

    EXPECT_EQ(jumping.end, budget ? LoopEnd::kTimeBudget : LoopEnd::kFinished);
    EXPECT_EQ(jumping.elapsed, steady.elapsed);
    ASSERT_EQ(jumping.changes.size(), steady.changes.size());
    for (std::size_t i = 0; i < steady.changes.size(); ++i)
      EXPECT_EQ(jumping.changes[i].index(), steady.changes[i].index()) << "change " << i;
    ASSERT_EQ(jumping.trials.size(), steady.trials.size());
    for (std::size_t i = 0; i < steady.trials.size(); ++i) {
      EXPECT_EQ(jumping.trials[i].state, steady.trials[i].state);
      EXPECT_EQ(jumping.trials[i].iteration, steady.trials[i].iteration);
      EXPECT_EQ(jumping.trials[i].seconds, steady.trials[i].seconds);
    }
  }
}

}  // namespace
}  // namespace manta::wall_clock_test
