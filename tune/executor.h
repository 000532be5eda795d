// SPDX-License-Identifier: Apache-2.0
// What the loop needs from whatever runs trials: actors in production, a table of curves in simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/space/config.h"
#include "tune/trial/metrics.h"
#include "tune/trial/trial_id.h"

namespace manta {

/// One attempt to start.
struct Launch {
  TrialId trial;
  int attempt = 1;
  Config config;
  std::optional<Checkpoint> checkpoint;  ///< Go on from here; else from the beginning.
  int slots = 1;                         ///< That it takes: it has the CPUs of so many.
  bool may_go_on = false;                ///< If setting up was short, the first iteration may follow without advance().
};

// Events: what became of an attempt.
/// The attempt is set up and waits for advance().
struct Launched {
  bool goes_on = false;  ///< Or an iteration has begun already, as if advance() had been called.
};
/// One iteration is done. `finished`: it was the last, by the trial's own word; metrics may then be empty (no report).
struct Stepped {
  Metrics metrics;
  double seconds = 0;  ///< Time that this iteration took.
  bool finished = false;
  bool waits_for_disk = true;  ///< The next iteration may begin only when this one's report is durable.
  bool goes_on = false;        ///< Another iteration has begun behind it, as if advance() had been called.
};
/// The answer in place of the last Stepped that was announced by `goes_on`: there was no such iteration after all.
struct Rested {};
/// The answer to save().
struct Saved {
  SharedArray<std::byte> bytes;  ///< Empty: the trainable saves nothing; its next attempt begins anew.
};
/// The attempt is over by a fault of its own; its slot is free.
struct AttemptFailed {
  /// kTaskFailed: threw; kActorDied: its process ended. kWorkerDied, kSystem: there can be no process for it, nor for
  /// any other: the loop ends, and the trials can be resumed.
  Error error;
  /// Not a fault: the trainable says that the configuration cannot work; the error's message is its reason.
  bool infeasible = false;
};
/// The answer to stop(): the slot is free.
struct AttemptStopped {};
/// To no call: the attempt's process ended with the driver's, and the trial's next attempt stands where it was.
struct Relaunched {
  std::int64_t from_iteration = 0;  ///< Of the checkpoint it goes on from; 0: from the beginning.
};

struct Event {
  TrialId trial;
  int attempt = 1;
  std::variant<Launched, Stepped, Saved, Rested, AttemptFailed, AttemptStopped, Relaunched> what;
};

/// Runs attempts. Each call below is answered by one event, in order, but where that says that more follow; the loop
/// has at most one call under way per attempt.
///
/// Thread-safety: the loop's thread only, except interrupt().
class Executor {
 public:
  virtual ~Executor() = default;

  /// Answered by Launched or AttemptFailed. May wait for resources inside, without blocking the caller.
  virtual void launch(Launch launch) = 0;
  /// Runs one iteration. Answered by Stepped or AttemptFailed.
  virtual void advance(TrialId trial) = 0;
  /// As advance(); where iterations are short, others may follow without a word in between, up to `iterations` in all:
  /// each is answered, and goes_on of an answer announces the next one. For an attempt whose reports nobody needs to
  /// judge before it goes on. No more of them begin when that has taken a millisecond.
  virtual void advance_up_to(TrialId trial, int iterations) { static_cast<void>(iterations), advance(trial); }
  /// Asks for a checkpoint. Answered by Saved or AttemptFailed.
  virtual void save(TrialId trial) = 0;
  /// Ends the attempt and frees its slot. Answered by AttemptStopped; never fails. The one call that may come while
  /// another of the attempt is under way (it took too long): that one is then not answered any more.
  virtual void stop(TrialId trial) = 0;

  /// Ends an attempt whose call under way takes too long, such that it shows where it is. Answered, in place of that
  /// call, by AttemptFailed; its error says where, as far as that can be found out.
  virtual void abort(TrialId trial) = 0;

  /// Whether the answer to the call under way has come and is only held back, until others have come.
  virtual bool is_answered(TrialId trial) const { return static_cast<void>(trial), false; }
  /// What the attempt's process does at this moment, as far as the system knows: "its thread sleeps in futex_wait_queue";
  /// "": nothing can be said.
  virtual std::string activity(TrialId trial) const { return static_cast<void>(trial), std::string(); }

  /// How many attempts of one slot can run at the same time.
  virtual int slots() const = 0;

  /// The next event; waits for it until `deadline`, at most until interrupt() is called. None: neither came.
  virtual std::optional<Event> next_event(TimePoint deadline) = 0;
  /// Waits until `deadline`, at most until interrupt() is called. Events stay where they are.
  virtual void wait(TimePoint deadline) = 0;
  /// Makes a waiting or the next next_event() or wait() return. Any thread.
  virtual void interrupt() = 0;

  /// The time the trials live in.
  virtual const Clock& clock() const = 0;
};

}  // namespace manta
