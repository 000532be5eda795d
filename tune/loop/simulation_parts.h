// SPDX-License-Identifier: Apache-2.0
// What a simulation plugs into the loop where a real run has a database and a console.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tune/loop/loop_observer.h"
#include "tune/loop/results_sink.h"
#include "tune/scheduler.h"

namespace manta {

/// Keeps nothing: nobody resumes a simulation.
///
/// Thread-safety: none.
class ForgetfulSink final : public ResultsSink {
 public:
  std::uint64_t record(Change) override { return ++changes_; }
  std::uint64_t record_together(std::vector<Change> changes) override { return changes_ += changes.size(); }
  std::uint64_t durable() const override { return changes_; }
  Result<void> status() const override { return {}; }

 private:
  std::uint64_t changes_ = 0;
};

/// Counts the reports.
///
/// Thread-safety: none.
class CountingObserver final : public LoopObserver {
 public:
  void on_trial(const TrialStatus&, const Progress&) override {}
  void on_report(const Report&, const Progress&) override { ++reports; }
  void on_new_best(const TrialStatus&, const Progress&) override {}
  void on_tick(const Progress&) override {}

  std::int64_t reports = 0;
};

/// `scheduler`, which must outlive it, without its snapshots: nobody resumes a simulation, and the loop takes one again
/// and again, which costs the more the more trials there were.
class UnsavedScheduler final : public TrialScheduler {
 public:
  explicit UnsavedScheduler(TrialScheduler& scheduler) : scheduler_(scheduler) {}

  Result<std::vector<Order>> on_report(const Report& report, TrialsView trials) override {
    return scheduler_.on_report(report, trials);
  }
  void on_end(TrialId trial, TrialState state) override { scheduler_.on_end(trial, state); }
  std::optional<TrialId> next_to_resume(TrialsView trials, bool more_to_come) const override {
    return scheduler_.next_to_resume(trials, more_to_come);
  }
  std::optional<std::int64_t> max_iterations() const override { return scheduler_.max_iterations(); }
  Snapshot save() const override { return {}; }
  Result<void> restore(const Snapshot& snapshot) override { return scheduler_.restore(snapshot); }

 private:
  TrialScheduler& scheduler_;
};

}  // namespace manta
