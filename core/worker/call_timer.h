// SPDX-License-Identifier: Apache-2.0
// Since when calls run, for the node, which ends a process that takes too long over one.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "core/base/clock.h"
#include "core/net/link.h"

namespace manta {

/// Writes into the link since when the oldest of the running calls has been running, and which function that is.
///
/// Thread-safety: any number of threads.
class CallTimer {
 public:
  explicit CallTimer(LinkLayout& link) : link_(link) {}

  /// Whether anybody wants to know.
  bool is_wanted() const { return link_.is_timed.load(std::memory_order_relaxed); }

  /// From its making to its end a call of `function` runs, since `begin`.
  class Scope {
   public:
    Scope(CallTimer& timer, TimePoint begin, std::uint64_t function);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    CallTimer& timer_;
    const std::pair<std::int64_t, std::uint64_t> call_;
  };

 private:
  void tell();

  LinkLayout& link_;
  std::mutex mutex_;
  std::multiset<std::pair<std::int64_t, std::uint64_t>> running_;  // Guarded by it; with when each began, from 1.
};

}  // namespace manta
