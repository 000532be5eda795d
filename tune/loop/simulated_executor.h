// SPDX-License-Identifier: Apache-2.0
// Runs trials in virtual time.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "tune/executor.h"

namespace manta {

/// An executor whose trials are a function and whose clock moves only from event to event: an experiment of weeks takes
/// as long as the loop's own work, and comes out the same each time.
///
/// A checkpoint is the number of iterations done and the trial's state, each number as eight bytes, lowest first. An
/// attempt with several slots is as fast as one with a single slot: how much faster it would be is nowhere written.
/// Events come in the order of virtual time, then of the calls that caused them. Thread-safety: as Executor.
class SimulatedExecutor final : public Executor {
 public:
  /// Iteration `iteration` (1, 2, …) of a trial: its metrics and how long it takes. None: the trial was finished
  /// before.
  using StepFunction =
      std::function<std::optional<Stepped>(const Config& config, TrialId trial, std::int64_t iteration)>;

  /// The same for a trial that has a state: empty when it begins, and what it was when it goes on from a checkpoint,
  /// its own or another trial's.
  using StatefulStepFunction = std::function<std::optional<Stepped>(
      const Config& config, TrialId trial, std::int64_t iteration, std::vector<double>& state)>;

  struct Options {
    int slots = 1;
    Duration launch_cost{};  ///< Of each attempt.
    Duration save_cost{};    ///< Of each checkpoint.
    Duration stop_cost{};    ///< Of each stop(); the slot is held until then.
    /// If given: whether this attempt fails in this iteration; iteration 0 is the launch.
    std::function<bool(TrialId trial, int attempt, std::int64_t iteration)> fails;
    /// If given: the end that an attempt of the trial comes to in this iteration; iteration 0 is the launch.
    std::function<std::optional<AttemptFailed>(TrialId trial, std::int64_t iteration)> failure = {};
    /// If given: whether the trial saves anything; else its checkpoints are empty.
    std::function<bool(TrialId trial)> saves = {};
    /// If given, is told of each attempt when it begins.
    std::function<void(const Launch& launch)> on_launch = {};
  };

  SimulatedExecutor(StepFunction step, Options options);
  SimulatedExecutor(StatefulStepFunction step, Options options);

  void launch(Launch launch) override;
  void advance(TrialId trial) override;
  void save(TrialId trial) override;
  void stop(TrialId trial) override;
  void abort(TrialId trial) override;
  int slots() const override { return options_.slots; }
  /// Never waits: where no event is due by `deadline`, the virtual time becomes `deadline`.
  std::optional<Event> next_event(TimePoint deadline) override;
  void wait(TimePoint deadline) override;
  void interrupt() override { interrupted_ = true; }
  const Clock& clock() const override { return clock_; }

 private:
  // Starts at zero; its wall clock at 2000-01-01 00:00 UTC.
  class VirtualClock final : public Clock {
   public:
    TimePoint now() const override;
    WallTime wall_now() const override;
    void advance_to(TimePoint time);

   private:
    std::atomic<Duration::rep> elapsed_{0};
  };
  struct Attempt {
    Launch launch;
    std::int64_t iteration = 0;
    std::vector<double> state{};
    std::uint64_t call = 0;  // The call under way; an event of an earlier one is void.
    bool holds_slots = false;
  };
  struct Due {
    TimePoint time;
    std::uint64_t call = 0;
    Event event;
    friend bool operator>(const Due& a, const Due& b) { return a.time != b.time ? a.time > b.time : a.call > b.call; }
  };

  void begin(Attempt& attempt);
  void schedule(Attempt& attempt, Duration delay, decltype(Event::what) what);
  // Forgets the attempt and gives its slots to the launches that wait longest.
  void end(TrialId trial);
  // How the attempt ends in this iteration, or none: it goes on.
  std::optional<AttemptFailed> failure_in(const Attempt& attempt, std::int64_t iteration) const;

  const StatefulStepFunction step_;
  const Options options_;
  VirtualClock clock_;
  std::unordered_map<TrialId, Attempt> attempts_;
  std::deque<TrialId> waiting_;  // Launches without their slots.
  int free_slots_;
  std::uint64_t calls_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace manta
