// SPDX-License-Identifier: Apache-2.0
// An executor that notes the calls it passes on, and checks that there is one at a time per attempt.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tune/executor.h"

namespace manta {

class RecordingExecutor final : public Executor {
 public:
  explicit RecordingExecutor(Executor& executor) : executor_(executor) {}

  void launch(Launch launch) override {
    note("launch", launch.trial);
    launches.push_back(launch);
    executor_.launch(std::move(launch));
  }
  void advance(TrialId trial) override { note("advance", trial), executor_.advance(trial); }
  void advance_up_to(TrialId trial, int iterations) override {
    note("advance*" + std::to_string(iterations), trial), executor_.advance_up_to(trial, iterations);
  }
  void save(TrialId trial) override { note("save", trial), executor_.save(trial); }
  void stop(TrialId trial) override {
    under_way_[trial] = false;  // A stop may overtake another call.
    note("stop", trial), executor_.stop(trial);
  }
  void abort(TrialId trial) override {
    EXPECT_TRUE(std::exchange(under_way_[trial], false)) << "abort of trial " << trial.number << ": no call under way";
    note("abort", trial), executor_.abort(trial);
  }
  bool is_answered(TrialId trial) const override { return executor_.is_answered(trial); }
  std::string activity(TrialId trial) const override {
    return activity_of ? activity_of(trial) : executor_.activity(trial);
  }
  int slots() const override { return executor_.slots(); }
  std::optional<Event> next_event(TimePoint deadline) override {
    std::optional<Event> event;
    if (!injected.empty()) {
      event = injected.front();
      injected.pop_front();
      return event;
    }
    event = executor_.next_event(deadline);
    if (event && on_event) on_event(*event);
    if (event) under_way_[event->trial] = goes_on(*event);
    return event;
  }
  void wait(TimePoint deadline) override { executor_.wait(deadline); }
  void interrupt() override { executor_.interrupt(); }
  const Clock& clock() const override { return executor_.clock(); }

  /// What was called for one trial: "launch advance save stop".
  std::string calls_of(TrialId trial) const {
    std::string text;
    for (const auto& [call, of] : calls) {
      if (of == trial) text += (text.empty() ? "" : " ") + call;
    }
    return text;
  }

  std::vector<std::pair<std::string, TrialId>> calls;
  std::vector<Launch> launches;
  std::deque<Event> injected;  ///< Given out before anything else.
  std::function<void(Event&)> on_event;
  std::function<std::string(TrialId)> activity_of;

 private:
  static bool goes_on(const Event& event) {
    const auto* const launched = std::get_if<Launched>(&event.what);
    const auto* const stepped = std::get_if<Stepped>(&event.what);
    return (launched != nullptr && launched->goes_on) || (stepped != nullptr && stepped->goes_on);
  }
  void note(const std::string& call, TrialId trial) {
    EXPECT_FALSE(std::exchange(under_way_[trial], true)) << call << " of trial " << trial.number << ": call under way";
    calls.emplace_back(call, trial);
  }

  Executor& executor_;
  std::map<TrialId, bool> under_way_;
};

}  // namespace manta
