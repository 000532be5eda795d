// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.h"

#include <algorithm>

namespace manta {

TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall_now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Duration from_seconds(double seconds) {
  constexpr double kMax = 9.2e9;  // Seconds that fit 64 bits of nanoseconds.
  return Duration(static_cast<Duration::rep>(std::clamp(seconds, -kMax, kMax) * 1e9));
}

}  // namespace manta
