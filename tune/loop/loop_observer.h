// SPDX-License-Identifier: Apache-2.0
// Who watches the loop: the console, a test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// The experiment at one moment. Valid during the call only.
struct Progress {
  TrialsView trials;                       ///< All trials, by number.
  std::optional<TrialId> best;             ///< With the best objective so far.
  std::optional<std::int64_t> max_trials;  ///< How many there will be, if known.
  std::optional<std::int64_t> max_iterations;
  int concurrency = 1;
  Duration elapsed{};  ///< In this run.
};

/// Trials that have not answered for long, and who waits for them. Valid during the call only.
struct Silence {
  struct Trial {
    TrialId id;
    std::string doing;     ///< "in iteration 2", "being set up", "saving".
    std::string activity;  ///< Executor::activity(), of a long silence.
  };
  std::vector<Trial> trials;     ///< By number; at least one.
  Duration time{};               ///< How long they have been silent, at least.
  std::int64_t waiting = 0;      ///< Trials that cannot go on before they do: paused, or held back by the order.
  bool searcher_waits = false;   ///< It suggests nothing before it hears of them.
  bool in_order = false;         ///< LoopOptions::deterministic.
  bool is_long = false;          ///< So long that something is wrong with them, more likely than not.
};

/// Thread-safety: called on the loop's thread; must return quickly.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  /// A trial is new, or its state changed (started, ended, failed an attempt, was paused …).
  virtual void on_trial(const TrialStatus& trial, const Progress& progress) = 0;
  virtual void on_report(const Report& report, const Progress& progress) = 0;
  /// A report made `progress.best` the best so far.
  virtual void on_new_best(const TrialStatus& trial, const Progress& progress) = 0;
  /// What Searcher::describe() says, at the beginning and whenever it has changed.
  virtual void on_searcher(const std::string& line) { static_cast<void>(line); }
  /// Somebody is silent for half a minute, and others wait or nobody else runs; or for five minutes. Where a call of any
  /// trial has taken a third of that in this run, three times as long as it. Each once for a call.
  virtual void on_silence(const Silence& silence) { static_cast<void>(silence); }
  /// Something that the user should know and may want to change; each is said once.
  virtual void on_warning(const std::string& line) { static_cast<void>(line); }
  /// Nothing happened for a while: at least twice a second.
  virtual void on_tick(const Progress& progress) = 0;
};

}  // namespace manta
