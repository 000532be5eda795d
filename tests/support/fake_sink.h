// SPDX-License-Identifier: Apache-2.0
// A sink that keeps changes in memory and is as durable as the test says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "tune/loop/results_sink.h"

namespace manta {

class FakeSink final : public ResultsSink {
 public:
  std::uint64_t record(Change change) override {
    changes_.push_back(std::move(change));
    if (on_record) on_record(changes_.back());
    return changes_.size();
  }
  std::uint64_t record_together(std::vector<Change> changes) override {
    for (Change& change : changes) record(std::move(change));
    groups.push_back(changes_.size());
    return changes_.size();
  }
  TimePoint commit(Waiting waiting) override { return on_commit ? on_commit(waiting) : TimePoint::max(); }
  std::uint64_t durable() const override { return std::min<std::uint64_t>(changes_.size(), durable_limit); }
  Result<void> status() const override {
    if (failure) return *failure;
    return {};
  }

  const std::vector<Change>& changes() const { return changes_; }

  /// All changes of one kind, in order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Change& change : changes_) {
      if (const T* const one = std::get_if<T>(&change)) found.push_back(*one);
    }
    return found;
  }

  /// The states that a trial went through.
  std::vector<TrialState> states(TrialId trial) const {
    std::vector<TrialState> found;
    for (const TrialChanged& changed : all<TrialChanged>()) {
      if (changed.trial.id == trial) found.push_back(changed.trial.state);
    }
    return found;
  }

  std::function<void(const Change&)> on_record;
  std::function<TimePoint(Waiting waiting)> on_commit;
  std::vector<std::size_t> groups;  ///< After how many changes each of record_together() ended.
  std::uint64_t durable_limit = std::numeric_limits<std::uint64_t>::max();  ///< No change above it becomes durable.
  std::optional<Error> failure;                                             ///< Of status().

 private:
  std::vector<Change> changes_;
};

}  // namespace manta
