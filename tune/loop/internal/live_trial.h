// SPDX-License-Identifier: Apache-2.0
// What the loop knows of a trial that has not ended, beyond its standing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/loop/command.h"
#include "tune/scheduler.h"

namespace manta::internal {

/// Where a trial stands between the loop's calls and the executor's answers.
enum class Phase {
  kQueued,     ///< Waits for a slot.
  kPaused,     ///< Waits for the scheduler to resume it.
  kHeld,       ///< Waits for the user to resume it.
  kLaunching,  ///< These four: a call is under way.
  kStepping,
  kSaving,
  kStopping,
  kIdle,  ///< Has a slot and no call under way: waits for a report to be durable or for a donor's checkpoint.
};

/// An order that waits for the call under way; a stronger one replaces it. Stop is none of them: it takes effect at
/// once.
enum class Wish { kNone, kClone, kPause, kHold };

/// What a call that takes too long has exceeded.
enum class Limit { kTrialTime, kStepTime, kStall };

/// What becomes of a trial when its attempt has been stopped.
enum class AfterStop { kForget, kPause, kHold, kClone, kRetry, kInterrupt };

/// A trial that the user wants to begin where this one is.
struct WantedClone {
  Config config;
  CommandDone done;
};

struct LiveTrial {
  Phase phase = Phase::kQueued;
  bool ended = false;  ///< Its end is recorded; only its slot is still to be freed.

  std::int64_t iteration = 0;            ///< Done by this attempt and those it goes on from.
  double seconds = 0;                    ///< Time these took.
  std::optional<Checkpoint> checkpoint;  ///< The newest.
  int failures = 0;
  std::uint64_t report_number = 0;                  ///< The change that its last report is.
  std::int64_t reports = 0;                         ///< Of this attempt.
  std::optional<Metrics> report_without_objective;  ///< Its last report, if that lacked the objective's metric.

  Wish wish = Wish::kNone;
  Clone clone;                        ///< Of Wish::kClone.
  std::optional<Checkpoint> donated;  ///< For Wish::kClone: the donor's, once there.
  std::vector<TrialId> heirs;         ///< Trials that wait for a checkpoint of this one.
  std::vector<WantedClone> clones;    ///< As heirs, but there are no trials yet.
  bool paused_by_scheduler = false;   ///< Of a held one: released, it waits for the scheduler again.

  AfterStop after_stop = AfterStop::kForget;
  std::string failure;  ///< Of AfterStop::kRetry: why the attempt failed.

  std::uint64_t call = 0;  ///< The number of its last call.
  bool aborted = false;    ///< That call took too long: its failure is still to say where it was.
  /// In Phase::kQueued after a failure: it is not launched before.
  std::optional<TimePoint> retry_at;

  bool has_call() const { return phase == Phase::kLaunching || phase == Phase::kStepping || phase == Phase::kSaving; }
  bool has_attempt() const { return phase != Phase::kQueued && phase != Phase::kPaused && phase != Phase::kHeld; }
  bool is_saved() const { return checkpoint && checkpoint->iteration == iteration; }
};

}  // namespace manta::internal
