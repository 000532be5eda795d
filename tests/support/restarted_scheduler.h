// SPDX-License-Identifier: Apache-2.0
// A scheduler whose process ends now and then: another one goes on from its snapshot.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "tune/scheduler.h"

namespace manta {

class RestartedScheduler final : public TrialScheduler {
 public:
  /// `make` makes one that has seen nothing; `restarts` is asked before each report.
  RestartedScheduler(std::function<std::unique_ptr<TrialScheduler>()> make, std::function<bool()> restarts)
      : make_(std::move(make)), restarts_(std::move(restarts)), now_(make_()) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override {
    if (restarts_()) restart();
    return now_->on_report(report, trials);
  }
  void on_end(TrialId trial, TrialState state) override { now_->on_end(trial, state); }
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override {
    return now_->next_to_resume(trials, more_to_come);
  }
  std::int64_t unjudged_iterations(TrialId trial, std::int64_t iteration) const override {
    return now_->unjudged_iterations(trial, iteration);
  }
  std::optional<std::int64_t> max_iterations() const override { return now_->max_iterations(); }
  Snapshot save() const override { return now_->save(); }
  Result<void> restore(const Snapshot& snapshot) override { return now_->restore(snapshot); }

 private:
  void restart() {
    std::unique_ptr<TrialScheduler> next = make_();
    MANTA_CHECK(next->restore(now_->save()).has_value(), "a scheduler's own snapshot cannot be restored");
    now_ = std::move(next);
  }

  const std::function<std::unique_ptr<TrialScheduler>()> make_;
  const std::function<bool()> restarts_;
  std::unique_ptr<TrialScheduler> now_;
};

}  // namespace manta
