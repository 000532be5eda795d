// SPDX-License-Identifier: Apache-2.0
// How far ahead of need a searcher is asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace manta::internal {

/// A suggestion that is made later knows more, so none is made ahead where slots would hardly wait for it: where
/// thinking takes less than a hundredth of the time that a trial has its slot. Else one for every sixteen slots, at
/// least one. Where one trial runs at a time, the next suggestion is to know its result: none ever.
///
/// Thread-safety: none.
class AskPace {
 public:
  /// A suggestion took so long.
  void thought(Duration time) { mean(thinking_, time); }

  /// One was used now. How often that happens shows when the slots have been filled for the first time.
  void used(TimePoint now, std::int64_t slots) {
    if (++uses_ > slots) mean(interval_, now - last_use_);
    last_use_ = now;
  }

  std::int64_t ahead(std::int64_t slots) const {
    if (slots < 2 || !thinking_ || !interval_) return 0;
    const Duration slot_time = *interval_ * slots;
    return *thinking_ * kWorthwhile < slot_time ? 0 : std::max<std::int64_t>(1, slots / kSlotsPerSuggestion);
  }

 private:
  static constexpr std::int64_t kWorthwhile = 100;
  static constexpr std::int64_t kSlotsPerSuggestion = 16;
  static constexpr std::int64_t kMemory = 8;  // What a mean stands for, about.

  static void mean(std::optional<Duration>& mean, Duration one) {
    mean = mean ? *mean + (one - *mean) / kMemory : one;
  }

  std::optional<Duration> thinking_;
  std::optional<Duration> interval_;  // Between two uses.
  std::int64_t uses_ = 0;
  TimePoint last_use_{};
};

}  // namespace manta::internal
