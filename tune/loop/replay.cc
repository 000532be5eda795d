// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/replay.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "tune/loop/internal/objective_check.h"
#include "tune/loop/internal/searcher_desk.h"
#include "tune/loop/internal/suggestion_numbers.h"

namespace manta {

namespace {

// The start of a first attempt is the first that is recorded of a trial; of one that the user added, that it waits.
bool may_be_new(const TrialStatus& trial) {
  return trial.by_hand ? trial.attempt == 0 : trial.state == TrialState::kRunning && trial.attempt == 1;
}

/// Repeats changes one by one.
class Replayer {
 public:
  /// `trials`: as they stood at the end; what `earlier` and later changes say about them replaces it.
  Replayer(const LoopOptions& options, Searcher& searcher, TrialScheduler& scheduler, std::vector<TrialStatus> trials,
           std::span<const Change> earlier, std::span<const Change> later)
      : options_(options), searcher_(searcher), scheduler_(scheduler), trials_(std::move(trials)) {
    for (TrialStatus& trial : trials_) trial.retried = false;
    std::set<TrialId> seen;
    for (const Change& change : earlier) {
      const auto* const changed = std::get_if<TrialChanged>(&change);
      if (changed == nullptr) continue;
      update(changed->trial);
      seen.insert(changed->trial.id);
    }
    for (const Change& change : later) {
      const auto* const changed = std::get_if<TrialChanged>(&change);
      if (changed != nullptr && seen.insert(changed->trial.id).second && may_be_new(changed->trial))
        new_.insert(changed->trial.id);
    }
    for (const TrialStatus& trial : trials_)
      if (trial.by_hand) numbers_.add_by_hand(trial.id);
    known_ = trials_.size() - std::min(new_.size(), trials_.size());
  }

  Result<void> apply(const Change& change) {
    if (const auto* changed = std::get_if<TrialChanged>(&change)) {
      if (new_.erase(changed->trial.id) == 0) return apply(changed->trial);
      known_ = std::min(known_ + 1, trials_.size());
      update(changed->trial);
      return changed->trial.by_hand ? Result<void>() : ask(changed->trial);
    }
    if (const auto* reported = std::get_if<Reported>(&change)) return apply(reported->report);
    if (const auto* asked = std::get_if<SuggestionAsked>(&change)) ask_ahead(asked->trial);
    return {};
  }

  /// Of a snapshot.
  void begin_with(std::vector<Suggestion> suggestions) { ahead_ = std::move(suggestions); }
  /// That did not become trials.
  std::vector<Suggestion> suggestions() const { return ahead_; }

  /// Orders that no later change showed to be carried out.
  std::vector<Order> open_orders() && {
    std::vector<Order> orders;
    for (auto& [trial, order] : open_) orders.push_back(std::move(order));
    return orders;
  }

 private:
  Result<void> ask(const TrialStatus& trial) {
    const TrialId number = numbers_.of(trial);
    if (std::erase_if(ahead_, [number](const Suggestion& one) { return one.trial == number; }) > 0) return {};
    MANTA_ASSIGN_OR_RETURN(const std::optional<Config> suggestion, searcher_.ask(number));
    if (suggestion) return {};
    return Error{ErrorCode::kInvalidArgument,
                 "the searcher has no trial " + to_string(trial.id) + " any more; resume with the same space"};
  }

  // Where it has none, it had none then; or the loop asks again, and hears why.
  void ask_ahead(TrialId number) {
    internal::SearcherAnswer answer = internal::ask_searcher(searcher_, number, options_.min_gain);
    if (answer.suggestion && *answer.suggestion) ahead_.push_back({number, **std::move(answer.suggestion)});
  }

  // Those that were there at the change which is being repeated.
  TrialsView trials() const { return TrialsView(trials_).first(known_); }

  void update(const TrialStatus& status) {
    const auto number = static_cast<std::size_t>(status.id.number);
    if (number >= trials_.size()) return;
    trials_[number].config = status.config;
    trials_[number].state = status.state;
    trials_[number].attempt = status.attempt;
    trials_[number].retried = status.retried;
  }

  // One that is tried again waits first.
  bool is_left_behind_now(const TrialStatus& status) const {
    const auto number = static_cast<std::size_t>(status.id.number);
    return status.retried && status.state == TrialState::kRunning && number < trials_.size() && !trials_[number].retried;
  }

  Result<void> apply(const TrialStatus& status) {
    if (is_left_behind_now(status)) {
      scheduler_.on_end(status.id, TrialState::kStopped);
      open_.erase(status.id);
    }
    update(status);
    // Stopped, paused, or about to go on as a clone: nothing that was ordered is open.
    if (status.state != TrialState::kRunning) open_.erase(status.id);
    if (!is_ended(status.state)) return {};
    searcher_.tell({numbers_.of(status), status.config, status.state, status.iteration, status.value, status.seconds});
    if (!status.retried) scheduler_.on_end(status.id, status.state);
    return {};
  }

  Result<void> apply(const Report& report) {
    const std::optional<double> value = report.metrics.find(options_.objective.metric);
    const auto number = static_cast<std::size_t>(report.trial.number);
    if (number >= trials_.size()) {
      return Error{ErrorCode::kInvalidArgument, "there is a report of trial " + to_string(report.trial) +
                                                    ", but there are only " + std::to_string(trials_.size()) +
                                                    " trials"};
    }
    trials_[number].iteration = report.iteration;
    trials_[number].seconds = report.seconds;
    if (value) trials_[number].value = value;
    const TrialStatus& trial = trials_[number];
    if (value) {
      searcher_.tell({numbers_.of(trial), trial.config, TrialState::kRunning, report.iteration, value, report.seconds,
                      &report.metrics});
    }
    if (trial.retried || !internal::is_judged(options_, report.metrics)) return {};
    Result<std::vector<Order>> orders = scheduler_.on_report(report, trials());
    if (!orders) return {};  // It cost that attempt, and nothing else.
    for (Order& order : *orders) open_.insert_or_assign(order.trial, std::move(order));
    return {};
  }

  const LoopOptions& options_;
  Searcher& searcher_;
  TrialScheduler& scheduler_;
  std::vector<TrialStatus> trials_;
  internal::SuggestionNumbers numbers_;
  std::set<TrialId> new_;  // What comes of these first is that they are new.
  std::size_t known_ = 0;
  std::map<TrialId, Order> open_;
  std::vector<Suggestion> ahead_;
};

}  // namespace

Result<void> replay(std::span<const Change> changes, const LoopOptions& options, Searcher& searcher,
                    TrialScheduler& scheduler, LoopState& state) {
  std::size_t begin = 0;
  for (std::size_t index = changes.size(); index > 0 && begin == 0; --index) {
    if (std::holds_alternative<SnapshotsSaved>(changes[index - 1])) begin = index;
  }
  if (begin > 0) {
    const auto& snapshots = std::get<SnapshotsSaved>(changes[begin - 1]);
    MANTA_RETURN_IF_ERROR(searcher.restore(snapshots.searcher));
    MANTA_RETURN_IF_ERROR(scheduler.restore(snapshots.scheduler));
  }
  Replayer replayer(options, searcher, scheduler, state.trials, changes.first(begin), changes.subspan(begin));
  if (begin > 0) replayer.begin_with(std::get<SnapshotsSaved>(changes[begin - 1]).ahead);
  for (const Change& change : changes.subspan(begin)) MANTA_RETURN_IF_ERROR(replayer.apply(change));
  state.suggestions = replayer.suggestions();
  for (Order& order : std::move(replayer).open_orders()) {
    const auto number = static_cast<std::size_t>(order.trial.number);
    if (number < state.trials.size() && !is_ended(state.trials[number].state)) state.orders.push_back(std::move(order));
  }
  return {};
}

}  // namespace manta
