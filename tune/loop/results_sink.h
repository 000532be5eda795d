// SPDX-License-Identifier: Apache-2.0
// Where the loop sends what must survive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/executor.h"
#include "tune/trial/snapshot.h"
#include "tune/trial/trial_status.h"

namespace manta {

// Changes, in the order in which they happen.
/// A trial is new, or its standing changed.
struct TrialChanged {
  TrialStatus trial;
  WallTime when;
};
/// An attempt was launched.
struct AttemptStarted {
  TrialId trial;
  int attempt = 1;
  std::int64_t from_iteration = 0;  ///< Of the checkpoint it goes on from; 0: from the beginning.
  WallTime when;
  int slots = 1;
};
/// An attempt is over.
struct AttemptEnded {
  TrialId trial;
  int attempt = 1;
  /// kCompleted, kStopped, kPaused (also when held, or for an attempt with other slots), kFailed, kInfeasible or
  /// kInterrupted.
  TrialState state;
  std::string cause;  ///< "" unless it failed or was infeasible.
  WallTime when;
};
struct Reported {
  Report report;
  WallTime when;
};
struct CheckpointSaved {
  TrialId trial;
  int attempt = 1;
  Checkpoint checkpoint;
  WallTime when;
};
/// What the searcher has suggested for the trial of this number, as it counts.
struct Suggestion {
  TrialId trial;
  Config config;
};
/// The searcher was asked for a suggestion, after all that was recorded before, and thinks about it. Where the loop
/// waits for each suggestion there are none of these: it was asked when a TrialChanged shows a new trial.
struct SuggestionAsked {
  TrialId trial;  ///< As the searcher counts.
};
/// The state of searcher and scheduler after all reports recorded so far.
struct SnapshotsSaved {
  Snapshot searcher;
  Snapshot scheduler;
  std::vector<Suggestion> ahead = {};  ///< That the searcher has made, and that are no trials yet; by number.
};
/// What is asked for has changed: ExperimentSpec::json from now on.
struct SpecChanged {
  std::string json;
};
/// The user noted something down.
struct NoteAdded {
  std::optional<TrialId> trial;  ///< None: about the experiment.
  std::string text;
  WallTime when;
};
/// A deterministic run has handled an event; the changes up to the next of these came of it.
struct EventHandled {
  std::optional<Event> event;  ///< None: the run began. A Saved has no bytes but those of its CheckpointSaved.
  std::int64_t iteration = 0;  ///< That its attempt had done by then.
};
using Change = std::variant<TrialChanged, AttemptStarted, AttemptEnded, Reported, CheckpointSaved, SnapshotsSaved,
                            SpecChanged, NoteAdded, EventHandled, SuggestionAsked>;

/// Takes changes and makes them durable in order, many at once, behind the loop's back. record() waits only when the
/// disk is so far behind that more changes would not fit a bounded queue.
///
/// Thread-safety: the loop's thread only; implementations have a writer of their own behind it.
class ResultsSink {
 public:
  virtual ~ResultsSink() = default;

  /// Takes one change and returns its number: 1, 2, 3, …
  virtual std::uint64_t record(Change change) = 0;
  /// Takes changes that become durable all at once; returns the number of the last. At least one.
  virtual std::uint64_t record_together(std::vector<Change> changes) = 0;
  /// Which of the trials that run wait for what was recorded.
  enum class Waiting { kNone, kSome, kAll };
  /// The loop is about to wait. What was recorded is to become durable, soon if trials wait for it; where all do, the
  /// loop has nothing else to do and may be kept for that. Returns when to say so again, while something still lies.
  virtual TimePoint commit([[maybe_unused]] Waiting waiting) { return TimePoint::max(); }
  /// All changes up to this number are on disk.
  virtual std::uint64_t durable() const = 0;
  /// Fails for good once storage has failed: kStorage with path and reason.
  virtual Result<void> status() const = 0;
};

}  // namespace manta
