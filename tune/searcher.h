// SPDX-License-Identifier: Apache-2.0
// Proposes configurations (ask) and learns from results (tell).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "tune/space/config.h"
#include "tune/trial/metrics.h"
#include "tune/trial/snapshot.h"
#include "tune/trial/trial_status.h"

namespace manta {

/// Outcomes of trials that the user added have numbers from here on: nobody has asked the searcher for them.
inline constexpr std::int64_t kFirstNumberByHand = std::int64_t{1} << 40;

/// Outcomes of trials of an earlier experiment have numbers from here on.
inline constexpr std::int64_t kFirstNumberOfBefore = std::int64_t{1} << 50;

/// What became of a suggestion. Sent on every report and once at the end; once more from the beginning when the user
/// has a failed trial tried again.
struct Outcome {
  TrialId trial;  ///< As asked for: its number counts suggestions, not the trials that users added.
  const Config& config;
  TrialState state;                  ///< kRunning for a report in between.
  std::int64_t iteration = 0;        ///< The fidelity that `value` belongs to.
  std::optional<double> value;       ///< Objective metric as reported; may be NaN. Empty if the trial never reported.
  double seconds = 0;                ///< Time the trial has run up to here, all attempts together.
  /// All that the report holds, further objectives among it; null where there is none, as at the end of a trial: then
  /// what the trial's last report held stands.
  const Metrics* metrics = nullptr;
};

/// Pure state machine: values in, configurations out.
///
/// Thread-safety: none; one thread at a time calls, though not always the same one.
/// Determinism: with equal construction, the same tells before the same asks bring the same suggestions. Randomness is
/// keyed by (seed, trial number); what a searcher that ignores results suggests for a trial depends on nothing else.
class Searcher {
 public:
  virtual ~Searcher() = default;

  /// The configuration of trial `trial`, or none: there are no more. Trials are asked for in rising order of number.
  /// Errors: kExhausted: cannot suggest before more results are told; ask again after a tell.
  virtual Result<std::optional<Config>> ask(TrialId trial) = 0;

  /// Learns from one outcome; one whose value is NaN or missing is a failure, never a number. The trial may be one that
  /// was not asked for here, and its configuration another than was suggested: a clone's.
  virtual void tell(const Outcome& outcome) = 0;

  /// Whether suggestions depend on what is told: where they do not, an earlier experiment is of no use.
  virtual bool learns() const { return true; }

  /// Whether ask() and tell() take no time worth mentioning, however many trials there are. Then the loop calls them
  /// itself; another searcher thinks on a thread of its own, while the trials go on.
  virtual bool is_quick() const { return false; }

  /// Nobody waits for the ask() under way any more, nor for a later one: they had better fail soon. The one call that
  /// may come from another thread at any time.
  virtual void give_up() {}

  /// How many suggestions there can be in all, or none: without end.
  virtual std::optional<std::int64_t> size() const = 0;

  /// How it comes to its suggestions now, in one line for the user; "" where its name says it all. It is asked for
  /// again after each ask(), and what differs from before is said.
  virtual std::string describe() const { return ""; }

  /// By how much another trial is expected to be better than the best so far, in the metric's units and as a mean over
  /// all that may come out of it: the most that it said of its last three suggestions, as one alone may be a whim of
  /// its model. None: it cannot say, or not yet.
  virtual std::optional<double> expected_gain() const { return std::nullopt; }

  /// What restore() needs to make an equal searcher in another process.
  virtual Snapshot save() const = 0;
  /// Errors: kInvalidArgument: the snapshot is of another searcher or damaged; nothing has changed.
  virtual Result<void> restore(const Snapshot& snapshot) = 0;
};

}  // namespace manta
