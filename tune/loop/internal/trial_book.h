// SPDX-License-Identifier: Apache-2.0
// The standing of every trial, and the one way to change it: each change reaches the sink and the observer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tune/loop/internal/suggestion_numbers.h"
#include "tune/loop/tune_loop.h"

namespace manta::internal {

/// Keeps the trials by number and records what happens to them. Nothing here costs more with more trials.
///
/// Thread-safety: none.
/// Ownership: the parts and options must outlive it.
class TrialBook {
 public:
  TrialBook(const LoopOptions& options, const TuneLoop::Parts& parts, std::vector<TrialStatus> trials);

  TrialsView trials() const { return trials_; }
  const TrialStatus& operator[](TrialId trial) const { return trials_[static_cast<std::size_t>(trial.number)]; }
  std::int64_t size() const { return static_cast<std::int64_t>(trials_.size()); }
  /// How many of them the searcher was asked for.
  std::int64_t asked() const { return size() - numbers_.by_hand(); }
  /// The number under which the searcher knows the trial.
  TrialId number_for_searcher(TrialId trial) const { return numbers_.of((*this)[trial]); }
  /// The objective's metric, those of the further goals and of the stop conditions, in this order, as far as no report
  /// has had them: the objective's in any run, the others' in this one.
  const std::vector<std::string>& unseen_metrics() const { return unseen_metrics_; }
  /// The newest report, as long as some are unseen.
  const Metrics& report_without() const { return report_without_; }

  /// From now on Progress::elapsed counts.
  void start();
  Progress progress() const;
  /// The searcher has no more: there will be as many trials as there are now, and so many besides.
  void close(std::int64_t ahead);

  /// A new trial, not recorded before its first attempt starts.
  TrialId add(Config config);
  /// A new trial that the searcher was not asked for; recorded at once.
  TrialId add_by_hand(Config config);
  /// One that had failed waits for a slot again.
  void revived(TrialId trial);
  /// One that runs is judged no more.
  void left_behind(TrialId trial);
  /// The options, which the book refers to, have other limits now.
  void limits_changed(std::string spec);
  void noted(AddNote note);
  void attempt_started(TrialId trial, std::int64_t from_iteration, int slots);
  /// `cause` only for kFailed and kInfeasible.
  void attempt_ended(TrialId trial, TrialState state, std::string cause = "");
  /// The next attempt stands where this one was when the process of both ended.
  void attempt_replaced(TrialId trial, std::int64_t from_iteration, int slots, bool is_recorded);
  void state_changed(TrialId trial, TrialState state, std::string cause = "");
  /// The trial goes on with `config` from `checkpoint`, which another trial made.
  void cloned(TrialId trial, Config config, const Checkpoint& checkpoint);
  void checkpoint_saved(TrialId trial, const Checkpoint& checkpoint);
  /// Returns the number of the change.
  std::uint64_t reported(const Report& report);
  void suggestion_asked(TrialId number) { record(SuggestionAsked{number}); }
  /// Nothing if they were the last change already. The searcher must not be thinking.
  void snapshots_saved(std::vector<Suggestion> ahead);

  /// The number of the newest change.
  std::uint64_t last_change() const { return last_change_; }

 private:
  void record(Change change) { last_change_ = parts_.sink.record(std::move(change)); }
  void record_trial(TrialId trial);
  void forget_values(TrialStatus& status);
  void count_expected();
  void update_best(TrialStatus& status, double value, const Report& report);
  TrialStatus& at(TrialId trial) { return trials_[static_cast<std::size_t>(trial.number)]; }
  // The wall clock's time when this was made, and steadily from there: if somebody sets it, nothing that is recorded
  // lies before what came before it or takes longer than it did.
  WallTime now() const;

  const LoopOptions& options_;
  const TuneLoop::Parts parts_;
  std::vector<TrialStatus> trials_;
  SuggestionNumbers numbers_;
  std::optional<TrialId> best_;
  std::optional<std::int64_t> expected_trials_;
  std::optional<std::int64_t> most_asked_;  // The searcher has no more.
  std::vector<std::string> unseen_metrics_;
  Metrics report_without_;
  TimePoint started_{};
  const TimePoint made_;
  const WallTime made_at_;
  std::uint64_t last_change_ = 0;
  std::optional<std::uint64_t> last_snapshots_;
};

}  // namespace manta::internal
