// SPDX-License-Identifier: Apache-2.0
// What the loop is asked to do, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "tune/space/space.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/metric_condition.h"
#include "tune/trial/metrics.h"
#include "tune/trial/objective.h"

namespace manta {

/// Ends a trial, as completed, once the report of it meets the condition.
using StopCondition = MetricCondition;

/// What happens to a trial whose objective metric is NaN or infinite.
enum class NonFinite {
  kContinue,  ///< It goes on; the scheduler counts the value as worst.
  kStop,      ///< It is stopped.
  kFail,      ///< This attempt fails; it is retried as max_failures says.
};

/// What one trial may take; whatever ends by one of these has it as its cause.
struct TrialLimits {
  /// In its iterations, all attempts together: a trial that has had so much is stopped, in the middle of one if need
  /// be.
  std::optional<Duration> trial_time;
  /// For one iteration: the attempt fails after that.
  std::optional<Duration> step_time;
  /// For whatever it was asked: to be set up, to iterate, to save. The attempt fails after that.
  std::optional<Duration> stall_timeout;
};

struct LoopOptions {
  Objective objective;
  FurtherGoals further;  ///< A report that breaks its constraints is never the best.
  std::string searcher = "";                   ///< What the user calls it, for messages.
  std::int64_t max_trials = 1;                 ///< At most this many trials; the searcher may end earlier.
  int concurrency = 1;                         ///< Slots of all attempts together; also at most Executor::slots().
  std::optional<std::int64_t> max_iterations;  ///< A trial is complete after this many.
  std::vector<StopCondition> stop;             ///< A trial is complete when one of them holds.
  std::optional<Duration> time_budget;  ///< No trial starts, and the running ones are checkpointed and left, after it.
  /// The searcher is asked for no more trials once it expects less than this of one (Searcher::expected_gain()).
  std::optional<double> min_gain;
  TrialLimits limits;
  /// Before a failed trial is tried again; doubled with each further failure, up to sixty times this.
  Duration retry_wait{};
  int max_failures = 0;  ///< Failed attempts a trial may have and still be retried.
  NonFinite non_finite = NonFinite::kContinue;
  std::int64_t checkpoint_every = 0;  ///< Iterations between checkpoints; 0: only when one is needed.
  /// Once no trial is left to start, one that reports takes over slots that nobody wants: an even share, where that at
  /// least doubles its own, as a new attempt. It gives back what is wanted again. Both at most every so many reports,
  /// and where so many are left to it; 0: never.
  std::int64_t grow_every = 0;
  /// A trial goes on only when its last report is durable, if Stepped::waits_for_disk says so: report() of a function
  /// trainable promises that. Another one may be 256 reports ahead of the disk.
  bool wait_for_durable_reports = false;
  /// The executor is an OrderedExecutor and the sink an EventLog: decisions depend on nothing but what trials report,
  /// and a run that goes on repeats them all. So it begins with an empty LoopState, nobody may change its trials or
  /// limits, and request_stop() and the time budget stop attempts at once, as if the process had ended: there is no
  /// time in it for limits or for retries that wait, and those are not to be given.
  bool deterministic = false;
  /// For the checkpoints of running trials after request_stop() or the time budget; what is not done then is cut off.
  Duration interrupt_grace = std::chrono::seconds(8);
  const Space* space = nullptr;  ///< If given, every suggestion must lie in it. Outlives the loop.
};

}  // namespace manta
