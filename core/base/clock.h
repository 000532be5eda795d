// SPDX-License-Identifier: Apache-2.0
// Time, handed in: what runs on a Clock can be tested and simulated without waiting.
#pragma once

#include <chrono>

namespace manta {

using Duration = std::chrono::nanoseconds;
/// Monotonic; only differences mean anything.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// UTC; for people only, no decision depends on it.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Thread-safety: any method, from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  WallTime wall_now() const override;
};

inline double to_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
/// `seconds` is clamped to about ±292 years.
Duration from_seconds(double seconds);

}  // namespace manta
