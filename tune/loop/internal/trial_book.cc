// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/internal/trial_book.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace manta::internal {

TrialBook::TrialBook(const LoopOptions& options, const TuneLoop::Parts& parts, std::vector<TrialStatus> trials)
    : options_(options),
      parts_(parts),
      trials_(std::move(trials)),
      made_(parts.executor.clock().now()),
      made_at_(parts.executor.clock().wall_now()) {
  bool objective_seen = false;
  for (TrialStatus& status : trials_) {
    if (status.by_hand) numbers_.add_by_hand(status.id);
    // What was under way when the last run ended waits for a slot now.
    const bool waits = status.state == TrialState::kHeld || status.state == TrialState::kPaused;
    if (!is_ended(status.state) && !waits) status.state = TrialState::kPending;
    objective_seen = objective_seen || status.value || status.best_value;
    if (!status.best_value) continue;
    const Objective& objective = options_.objective;
    if (!best_ || objective.score(*status.best_value) > objective.score(*at(*best_).best_value)) best_ = status.id;
  }
  if (!objective_seen) unseen_metrics_.push_back(options_.objective.metric);
  for (const Objective& objective : options_.further.objectives) unseen_metrics_.push_back(objective.metric);
  for (const MetricCondition& constraint : options_.further.constraints) unseen_metrics_.push_back(constraint.metric);
  for (const StopCondition& condition : options_.stop) unseen_metrics_.push_back(condition.metric);
  most_asked_ = parts.searcher.size();
  count_expected();
}

void TrialBook::count_expected() {
  const std::int64_t wanted = std::min(options_.max_trials, most_asked_.value_or(options_.max_trials));
  expected_trials_ = std::max(wanted + numbers_.by_hand(), size());
}

void TrialBook::close(std::int64_t ahead) {
  most_asked_ = asked() + ahead;
  count_expected();
}

void TrialBook::start() { started_ = parts_.executor.clock().now(); }

WallTime TrialBook::now() const {
  return made_at_ + std::chrono::floor<WallTime::duration>(parts_.executor.clock().now() - made_);
}

Progress TrialBook::progress() const {
  return {.trials = trials_,
          .best = best_,
          .max_trials = expected_trials_,
          .max_iterations = options_.max_iterations,
          .concurrency = options_.concurrency,
          .elapsed = parts_.executor.clock().now() - started_};
}

TrialId TrialBook::add(Config config) {
  const TrialId trial{size()};
  TrialStatus status;
  status.id = trial;
  status.config = std::move(config);
  trials_.push_back(std::move(status));
  return trial;
}

TrialId TrialBook::add_by_hand(Config config) {
  const TrialId trial = add(std::move(config));
  at(trial).by_hand = true;
  numbers_.add_by_hand(trial);
  count_expected();
  record_trial(trial);
  return trial;
}

void TrialBook::revived(TrialId trial) {
  at(trial).retried = true;
  state_changed(trial, TrialState::kPending, at(trial).cause);
}

void TrialBook::left_behind(TrialId trial) {
  at(trial).retried = true;
  state_changed(trial, TrialState::kRunning, at(trial).cause);
}

void TrialBook::limits_changed(std::string spec) {
  count_expected();
  record(SpecChanged{std::move(spec)});
}

void TrialBook::noted(AddNote note) { record(NoteAdded{note.trial, std::move(note.text), now()}); }

void TrialBook::record_trial(TrialId trial) {
  record(TrialChanged{at(trial), now()});
  parts_.observer.on_trial(at(trial), progress());
}

void TrialBook::attempt_started(TrialId trial, std::int64_t from_iteration, int slots) {
  TrialStatus& status = at(trial);
  status.state = TrialState::kRunning;
  ++status.attempt;
  record_trial(trial);
  record(AttemptStarted{trial, status.attempt, from_iteration, now(), slots});
}

void TrialBook::attempt_ended(TrialId trial, TrialState state, std::string cause) {
  record(AttemptEnded{trial, at(trial).attempt, state, std::move(cause), now()});
}

void TrialBook::attempt_replaced(TrialId trial, std::int64_t from_iteration, int slots, bool is_recorded) {
  if (!is_recorded) {
    ++at(trial).attempt;
    return;
  }
  attempt_ended(trial, TrialState::kInterrupted);
  attempt_started(trial, from_iteration, slots);
}

void TrialBook::state_changed(TrialId trial, TrialState state, std::string cause) {
  TrialStatus& status = at(trial);
  status.state = state;
  status.cause = std::move(cause);
  if (state == TrialState::kInfeasible) forget_values(status);
  record_trial(trial);
}

// What cannot be used must not be the best, whatever it reported before it knew.
void TrialBook::forget_values(TrialStatus& status) {
  status.best_value.reset();
  if (best_ != status.id) return;
  best_.reset();
  const Objective& objective = options_.objective;
  for (const TrialStatus& other : trials_) {
    if (!other.best_value) continue;
    if (!best_ || objective.score(*other.best_value) > objective.score(*at(*best_).best_value)) best_ = other.id;
  }
}

void TrialBook::cloned(TrialId trial, Config config, const Checkpoint& checkpoint) {
  at(trial).config = std::move(config);
  state_changed(trial, TrialState::kPending);
  checkpoint_saved(trial, checkpoint);
}

void TrialBook::checkpoint_saved(TrialId trial, const Checkpoint& checkpoint) {
  record(CheckpointSaved{trial, at(trial).attempt, checkpoint, now()});
}

std::uint64_t TrialBook::reported(const Report& report) {
  TrialStatus& status = at(report.trial);
  status.iteration = report.iteration;
  status.seconds = report.seconds;
  const std::optional<double> value = report.metrics.find(options_.objective.metric);
  if (value) status.value = value;  // A report without it leaves the last one standing.
  record(Reported{report, now()});
  const std::uint64_t number = last_change_;
  std::erase_if(unseen_metrics_, [&report](const std::string& name) { return report.metrics.find(name).has_value(); });
  if (!unseen_metrics_.empty()) report_without_ = report.metrics;
  if (value && std::isfinite(*value) && options_.further.are_kept(report.metrics)) {
    update_best(status, *value, report);
  } else {
    parts_.observer.on_report(report, progress());
  }
  return number;
}

void TrialBook::update_best(TrialStatus& status, double value, const Report& report) {
  const Objective& objective = options_.objective;
  const double score = objective.score(value);
  const bool is_best = !best_ || score > objective.score(*at(*best_).best_value);
  if (!status.best_value || score > objective.score(*status.best_value)) status.best_value = value;
  if (is_best) best_ = status.id;
  parts_.observer.on_report(report, progress());
  if (is_best) parts_.observer.on_new_best(status, progress());
}

void TrialBook::snapshots_saved(std::vector<Suggestion> ahead) {
  if (last_snapshots_ == last_change_) return;
  record(SnapshotsSaved{parts_.searcher.save(), parts_.scheduler.save(), std::move(ahead)});
  last_snapshots_ = last_change_;
}

}  // namespace manta::internal
