// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "core/base/clock.h"

namespace manta {

/// Thread-safety: any method, from any thread.
class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(Duration(nanoseconds_.load())); }
  WallTime wall_now() const override {
    return WallTime(std::chrono::floor<WallTime::duration>(now().time_since_epoch()));
  }

  void advance(Duration by) { nanoseconds_.fetch_add(by.count()); }
  /// Never backwards.
  void advance_to(TimePoint when) {
    if (when > now()) nanoseconds_.store(when.time_since_epoch().count());
  }

 private:
  std::atomic<Duration::rep> nanoseconds_{1'000'000'000};
};

}  // namespace manta
