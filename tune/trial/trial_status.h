// SPDX-License-Identifier: Apache-2.0
// A trial as the searcher, the scheduler and the results see it: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tune/space/config.h"
#include "tune/trial/metrics.h"
#include "tune/trial/trial_id.h"

namespace manta {

enum class TrialState {
  kPending,      ///< Waits for a slot: new, to be retried, or to be resumed.
  kRunning,      ///< An attempt executes.
  kPaused,       ///< The scheduler took its slot; a checkpoint is kept.
  kCompleted,    ///< Ended by its own: its function returned, or a stop condition of the experiment was met.
  kStopped,      ///< Ended early by the scheduler.
  kFailed,       ///< Its last allowed attempt failed.
  kInfeasible,   ///< Said itself that its configuration makes no sense: no failure, and no result.
  kInterrupted,  ///< Was running when the experiment was interrupted; --resume goes on with it.
  kHeld,         ///< Paused by the user, who alone lets it go on; a checkpoint is kept.
};

/// "pending", "running", "paused", "completed", "stopped", "failed", "infeasible", "interrupted", "held": as in the
/// database.
std::string_view to_string(TrialState state);
std::optional<TrialState> trial_state_from_string(std::string_view text);
/// True for completed, stopped, failed and infeasible: nothing will change such a trial any more, unless the user has a
/// failed one tried again.
bool is_ended(TrialState state);

/// One row that an attempt of a trial hands in.
struct Report {
  TrialId trial;
  int attempt = 1;             ///< 1, 2, …
  std::int64_t iteration = 0;  ///< 1, 2, … ; goes on from the checkpoint in a later attempt.
  double seconds = 0;          ///< Time the trial has run up to here, all attempts together.
  Metrics metrics;
};

/// A trial's standing, as of its last report.
struct TrialStatus {
  TrialId id;
  Config config;
  TrialState state = TrialState::kPending;
  int attempt = 0;             ///< Number of attempts started.
  std::int64_t iteration = 0;  ///< Of the last report; 0 before.
  double seconds = 0;
  std::optional<double> value;  ///< Objective metric of the last report.
  /// Best finite objective of all reports that keep the constraints on metrics; empty if there was none, or the trial
  /// is infeasible.
  std::optional<double> best_value;
  std::string cause;     ///< Why it ended or last failed, in words; "" while all is well.
  bool by_hand = false;  ///< Added by the user: the searcher was not asked for it.
  /// The scheduler has let go of it and judges it no more: tried again by the user, or left behind as it was silent.
  bool retried = false;
};

/// Trials by number; valid during the call that it was passed to.
using TrialsView = std::span<const TrialStatus>;

}  // namespace manta
