// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/event_log.h"

#include <utility>
#include <variant>

namespace manta {

EventLog::EventLog(ResultsSink& sink, Recorded recorded)
    : sink_(sink),
      recorded_(std::move(recorded.events)),
      checkpoints_(std::move(recorded.checkpoints), std::move(recorded.checkpoint_of_ended)),
      is_repeating_(!recorded_.empty()) {
  // What a run does before its first event is a group too; its mark stands first in `recorded`.
  if (is_repeating_) {
    repeated_ = 1;
  } else {
    begin({});
  }
}

std::uint64_t EventLog::record(Change change) {
  auto* const saved = std::get_if<CheckpointSaved>(&change);
  if (is_repeating_) {
    if (saved != nullptr) checkpoints_.recorded(saved->trial, saved->checkpoint);
    return 0;  // It is durable.
  }
  if (saved != nullptr) {
    Result<Checkpoint> checkpoint = checkpoints_.find(saved->checkpoint);
    if (!checkpoint) return last_;  // Nor can the attempt be launched that is to go on from it.
    saved->checkpoint = std::move(checkpoint).value();
  }
  group_.push_back(std::move(change));
  return ++last_;
}

std::uint64_t EventLog::record_together(std::vector<Change> changes) {
  for (Change& change : changes) record(std::move(change));
  return last_;
}

TimePoint EventLog::commit(Waiting waiting) {
  end_group();
  return sink_.commit(waiting);
}

std::optional<EventHandled> EventLog::next_recorded() {
  if (repeated_ < recorded_.size()) return recorded_[repeated_++];
  is_repeating_ = false;
  return std::nullopt;
}

void EventLog::begin(EventHandled event) {
  end_group();
  record(std::move(event));
}

void EventLog::end_group() {
  if (group_.empty()) return;
  sink_.record_together(std::exchange(group_, {}));
}

}  // namespace manta
