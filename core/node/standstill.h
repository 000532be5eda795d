// SPDX-License-Identifier: Apache-2.0
// Whether a queue stands still that somebody should empty.
#pragma once

#include <cstdint>

namespace manta {

/// Looked at from time to time, it tells a queue that nobody comes for from one in which there always is something.
///
/// Thread-safety: none.
class Standstill {
 public:
  /// `taken`: how much was ever taken out, as its consumer says. True: something lay there the last time, too, and
  /// nothing was taken since.
  bool look(bool has_some, std::uint64_t taken) {
    const bool stands = has_some && had_some_ && taken == taken_;
    had_some_ = has_some;
    taken_ = taken;
    return stands;
  }

 private:
  bool had_some_ = false;
  std::uint64_t taken_ = 0;
};

}  // namespace manta
