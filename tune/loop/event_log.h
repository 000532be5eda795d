// SPDX-License-Identifier: Apache-2.0
// The events that a deterministic run has handled, beside what came of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tune/executor.h"
#include "tune/loop/internal/recorded_checkpoints.h"
#include "tune/loop/results_sink.h"

namespace manta {

/// A sink in front of another one, which gets an event and all that came of it as one group: on disk, there are whole
/// groups only. A run that goes on is given the recorded events first; it then repeats what it did, and is not recorded
/// until it comes to something new.
///
/// Thread-safety: the loop's thread only.
/// Ownership: refers to `sink`, which must outlive it.
class EventLog final : public ResultsSink {
 public:
  /// What a run that goes on has to go on with.
  struct Recorded {
    std::vector<EventHandled> events;           ///< All.
    std::map<TrialId, Checkpoint> checkpoints;  ///< The newest readable one of each trial that has not ended.
    /// Reads the newest one of a trial that has ended. None: it has none that is readable.
    std::function<std::optional<Checkpoint>(TrialId)> checkpoint_of_ended;
  };

  explicit EventLog(ResultsSink& sink, Recorded recorded = {});

  std::uint64_t record(Change change) override;
  std::uint64_t record_together(std::vector<Change> changes) override;
  /// Ends the group.
  TimePoint commit(Waiting waiting) override;
  std::uint64_t durable() const override { return sink_.durable(); }
  Result<void> status() const override { return sink_.status(); }

  /// Recorded events are left to be repeated, or what came of the last one is being repeated.
  bool is_repeating() const { return is_repeating_; }
  /// The next one to repeat; none: from now on everything is recorded.
  std::optional<EventHandled> next_recorded();
  /// All that is recorded from now on comes of `event`.
  void begin(EventHandled event);
  /// Gives the group to the sink; no more may come of its event. Does nothing if there is none.
  void end_group();

  internal::RecordedCheckpoints& checkpoints() { return checkpoints_; }

 private:
  ResultsSink& sink_;
  const std::vector<EventHandled> recorded_;
  internal::RecordedCheckpoints checkpoints_;
  std::size_t repeated_ = 0;
  bool is_repeating_;
  std::vector<Change> group_;
  std::uint64_t last_ = 0;  // Number of the newest change, as the sink counts.
};

}  // namespace manta
