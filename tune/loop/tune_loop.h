// SPDX-License-Identifier: Apache-2.0
// The loop: suggestions become trials, reports become orders.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "tune/executor.h"
#include "tune/loop/command.h"
#include "tune/loop/loop_observer.h"
#include "tune/loop/loop_options.h"
#include "tune/loop/results_sink.h"
#include "tune/loop/work_queue.h"
#include "tune/scheduler.h"
#include "tune/searcher.h"

namespace manta {

/// Where an interrupted run stood: what a resumed loop starts from.
struct LoopState {
  /// By number; those not ended are pending, and go on as a new attempt, or held.
  std::vector<TrialStatus> trials;
  std::map<TrialId, Checkpoint> checkpoints;  ///< Newest good one of each trial that is not ended.
  std::map<TrialId, int> failures;            ///< Failed attempts so far; an interruption is none.
  std::vector<Order> orders;                  ///< Given by the scheduler and not carried out yet; replay() fills it in.
  std::vector<Suggestion> suggestions = {};   ///< That are no trials yet, by number; likewise.
};

/// Why run() returned.
enum class LoopEnd { kFinished, kTimeBudget, kInterrupted };

/// Runs one experiment to its end.
///
/// Thread-safety: run() on one thread; request_stop() and post() from any.
/// Ownership: all parts must outlive it.
class TuneLoop {
 public:
  struct Parts {
    Searcher& searcher;
    TrialScheduler& scheduler;
    Executor& executor;
    ResultsSink& sink;
    LoopObserver& observer;
    /// Where the searcher thinks. Null: in run(), which waits for it.
    WorkQueue* searcher_queue = nullptr;
  };

  TuneLoop(LoopOptions options, Parts parts, LoopState state = {});
  ~TuneLoop();
  TuneLoop(const TuneLoop&) = delete;
  TuneLoop& operator=(const TuneLoop&) = delete;

  /// Blocks until no trial can go on, and none is held, the time budget is spent, or request_stop(). Every change is
  /// durable on return.
  /// Errors: kStorage: results cannot be kept any more; kInvalidArgument: no report has the objective's metric (the
  /// message names those there are), or a suggestion lies outside the space; whatever ask() fails with. All running
  /// attempts have been stopped, and what has not ended is recorded as interrupted.
  Result<LoopEnd> run();

  /// Asks run() to checkpoint what runs and return. Any thread.
  void request_stop();

  /// Has `command` carried out between two events of run(). `done` is called on its thread: once what was done is
  /// durable, or at once when nothing was; and here, when run() has returned. Any thread.
  /// Errors given to `done`: kNotFound: no such trial. kFailedPrecondition: the trial is in no state for that, or the
  /// run is ending. kInvalidArgument: a configuration outside the space.
  void post(Command command, CommandDone done);

  /// All trials, by number.
  TrialsView trials() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta
