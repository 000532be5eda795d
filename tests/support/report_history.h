// SPDX-License-Identifier: Apache-2.0
// A random course of reports for a scheduler to judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/random.h"
#include "tune/scheduler.h"

namespace manta {

/// Random reports of some trials, each rising in iterations, until it is stopped or ends. All are there from the start.
class ReportHistory {
 public:
  static constexpr std::size_t kTrials = 12;

  explicit ReportHistory(std::uint64_t seed) : random_(seed, 2) {
    trials_.resize(kTrials);
    for (std::size_t number = 0; number < kTrials; ++number) {
      trials_[number].id = {static_cast<std::int64_t>(number)};
      trials_[number].state = TrialState::kRunning;
      trials_[number].attempt = 1;
    }
  }

  /// The next report; its trial's status is up to date.
  Report next() {
    TrialStatus& trial = pick();
    trial.iteration += 1 + static_cast<std::int64_t>(random_.below(3));
    trial.value = random_.below(8) == 0 ? std::numeric_limits<double>::quiet_NaN() : random_.uniform();
    return {.trial = trial.id, .attempt = 1, .iteration = trial.iteration, .metrics = {{"loss", *trial.value}}};
  }
  TrialsView trials() const { return trials_; }
  bool over() const { return ended_ == kTrials; }

  /// Applies orders, as a loop would, ends a trial now and then, and resumes paused ones: those that the first of
  /// `schedulers` names, and where nothing else can run, ends one. Tells all `schedulers`.
  void apply(const std::vector<Order>& orders, const std::vector<TrialScheduler*>& schedulers) {
    for (const Order& order : orders) {
      TrialStatus& trial = trials_[static_cast<std::size_t>(order.trial.number)];
      if (std::holds_alternative<Stop>(order.action)) end(order.trial, TrialState::kStopped, schedulers);
      if (std::holds_alternative<Pause>(order.action) && !is_ended(trial.state)) trial.state = TrialState::kPaused;
    }
    if (is_anyone(TrialState::kRunning) && random_.below(20) == 0) end(pick().id, TrialState::kCompleted, schedulers);
    if (random_.below(2) == 0) resume(*schedulers.front());
    while (!over() && !is_anyone(TrialState::kRunning)) {
      if (!resume(*schedulers.front())) end(first(TrialState::kPaused)->id, TrialState::kStopped, schedulers);
    }
  }

 private:
  TrialStatus* first(TrialState state) {
    for (TrialStatus& trial : trials_)
      if (trial.state == state) return &trial;
    return nullptr;
  }
  bool is_anyone(TrialState state) { return first(state) != nullptr; }
  bool resume(const TrialScheduler& scheduler) {
    const std::optional<TrialId> next = scheduler.next_to_resume(trials_, false);
    if (!next) return false;
    TrialStatus& trial = trials_[static_cast<std::size_t>(next->number)];
    if (trial.state != TrialState::kPaused) return false;
    trial.state = TrialState::kRunning;
    return true;
  }
  TrialStatus& pick() {
    for (;;) {
      TrialStatus& trial = trials_[random_.below(kTrials)];
      if (trial.state == TrialState::kRunning) return trial;
    }
  }
  void end(TrialId trial, TrialState state, const std::vector<TrialScheduler*>& schedulers) {
    TrialStatus& status = trials_[static_cast<std::size_t>(trial.number)];
    if (is_ended(status.state)) return;
    status.state = state;
    ++ended_;
    for (TrialScheduler* const scheduler : schedulers) scheduler->on_end(trial, state);
  }

  RandomStream random_;
  std::vector<TrialStatus> trials_;
  std::size_t ended_ = 0;
};

}  // namespace manta
