// SPDX-License-Identifier: Apache-2.0
// A scheduler that does what the test's functions say, and remembers what it saw.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tune/scheduler.h"

namespace manta {

/// By default it lets every trial go on and resumes none.
class ScriptedScheduler final : public TrialScheduler {
 public:
  using Judge = std::function<Result<std::vector<Order>>(const Report&, TrialsView)>;

  ScriptedScheduler() = default;
  explicit ScriptedScheduler(Judge judge_function) : judge(std::move(judge_function)) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override {
    judged.push_back(report);
    if (judge) return judge(report, trials);
    return std::vector<Order>{};
  }
  void on_end(TrialId trial, TrialState state) override {
    ended.emplace_back(trial, state);
    if (end_hook) end_hook(trial);
  }
  std::optional<TrialId> next_to_resume(TrialsView trials, bool) const override {
    return resume ? resume(trials) : std::nullopt;
  }
  std::int64_t unjudged_iterations(TrialId, std::int64_t iteration) const override { return unjudged(iteration); }
  Snapshot save() const override { return {"{\"ScriptedScheduler\":" + std::to_string(judged.size()) + "}"}; }
  Result<void> restore(const Snapshot&) override { return {}; }

  Judge judge;
  std::function<std::optional<TrialId>(TrialsView)> resume;
  std::function<void(TrialId)> end_hook;
  std::function<std::int64_t(std::int64_t iteration)> unjudged = [](std::int64_t) { return 1; };
  std::vector<Report> judged;
  std::vector<std::pair<TrialId, TrialState>> ended;
};

/// The paused trial with the lowest number.
inline std::optional<TrialId> first_paused(TrialsView trials) {
  for (const TrialStatus& trial : trials) {
    if (trial.state == TrialState::kPaused) return trial.id;
  }
  return std::nullopt;
}

}  // namespace manta
