// SPDX-License-Identifier: Apache-2.0
// A queue whose work is done when the test says so, on the test's thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "tune/loop/work_queue.h"

namespace manta {

/// Work is done when it is posted, unless the queue is held or other work waits.
class StepQueue final : public WorkQueue {
 public:
  void post(std::function<void()> work) override {
    if (!is_held && waiting_.empty()) return work();
    waiting_.push_back(std::move(work));
  }
  /// Never waits, as whoever would have to do the work waits as well; where the test says so, does it.
  bool drain(Duration) override {
    while (works_to_drain && !waiting_.empty()) step();
    return waiting_.empty();
  }

  std::size_t waiting() const { return waiting_.size(); }
  /// The one that waits longest.
  void step() {
    if (waiting_.empty()) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
  }
  /// All that waits; what is posted meanwhile too.
  void release() {
    is_held = false;
    while (!waiting_.empty()) step();
  }

  bool is_held = false;
  bool works_to_drain = false;

 private:
  std::deque<std::function<void()>> waiting_;
};

}  // namespace manta
