// SPDX-License-Identifier: Apache-2.0
// An executor whose attempts run on without a word in between, wherever they may.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "tune/executor.h"

namespace manta {

class RunningAheadExecutor final : public Executor {
 public:
  /// `rests`, asked before each iteration that may follow: whether it does not.
  explicit RunningAheadExecutor(Executor& executor, std::function<bool(TrialId)> rests = nullptr)
      : executor_(executor), rests_(std::move(rests)) {}

  void launch(Launch launch) override {
    to_follow_[launch.trial] = launch.may_go_on ? 1 : 0;
    executor_.launch(std::move(launch));
  }
  void advance(TrialId trial) override { advance_up_to(trial, 1); }
  void advance_up_to(TrialId trial, int iterations) override {
    to_follow_[trial] = iterations - 1;
    executor_.advance(trial);
  }
  void save(TrialId trial) override { executor_.save(trial); }
  void stop(TrialId trial) override { to_follow_[trial] = 0, executor_.stop(trial); }
  void abort(TrialId trial) override { to_follow_[trial] = 0, executor_.abort(trial); }
  int slots() const override { return executor_.slots(); }
  std::optional<Event> next_event(TimePoint deadline) override {
    if (!rested_.empty()) {
      Event event = std::move(rested_.front());
      rested_.pop_front();
      return event;
    }
    std::optional<Event> event = executor_.next_event(deadline);
    if (event) go_on(*event);
    return event;
  }
  void wait(TimePoint deadline) override { executor_.wait(deadline); }
  void interrupt() override { executor_.interrupt(); }
  const Clock& clock() const override { return executor_.clock(); }

 private:
  void go_on(Event& event) {
    auto* const launched = std::get_if<Launched>(&event.what);
    auto* const stepped = std::get_if<Stepped>(&event.what);
    int& to_follow = to_follow_[event.trial];
    if (to_follow == 0 || (launched == nullptr && stepped == nullptr)) return;
    --to_follow;
    if (stepped != nullptr && stepped->finished) {
      to_follow = 0;
      return;
    }
    (launched != nullptr ? launched->goes_on : stepped->goes_on) = true;
    if (rests_ && rests_(event.trial)) {
      to_follow = 0;
      rested_.push_back({event.trial, event.attempt, Rested{}});
    } else {
      executor_.advance(event.trial);
    }
  }

  Executor& executor_;
  const std::function<bool(TrialId)> rests_;
  std::map<TrialId, int> to_follow_;  // Iterations that may follow the one under way.
  std::deque<Event> rested_;
};

}  // namespace manta
