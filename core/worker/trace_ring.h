// SPDX-License-Identifier: Apache-2.0
// A worker's events on their way to the trace file, in memory that outlives the worker.
#pragma once

#include <mutex>
#include <optional>

#include "core/net/link.h"
#include "core/net/trace_event.h"

namespace manta {

/// The worker's end. What finds the ring full is left out and counted: nothing waits for the file.
class TraceRing final : public Tracer {
 public:
  /// `link` must outlive it.
  explicit TraceRing(LinkLayout& link) : link_(link), ring_(&link.trace, link.trace_data(), LinkLayout::kTraceBytes) {}

  void add(const TraceEvent& event) override {
    const std::lock_guard lock(mutex_);
    if (!ring_.push(std::as_bytes(std::span(&event, 1)))) link_.trace_lost.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  LinkLayout& link_;
  std::mutex mutex_;
  RingProducer ring_;  // Guarded by mutex_.
};

}  // namespace manta
