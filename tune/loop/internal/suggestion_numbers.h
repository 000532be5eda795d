// SPDX-License-Identifier: Apache-2.0
// Under which numbers a searcher knows the trials.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tune/searcher.h"
#include "tune/trial/trial_status.h"

namespace manta::internal {

/// Trials that the user added have numbers among the others, of which the searcher must not see gaps: a grid would lose
/// points.
///
/// Thread-safety: none.
class SuggestionNumbers {
 public:
  /// By rising number.
  void add_by_hand(TrialId trial) { by_hand_.push_back(trial.number); }
  std::int64_t by_hand() const { return static_cast<std::int64_t>(by_hand_.size()); }

  /// 0, 1, 2, … for those that were asked for; kFirstNumberByHand, … for the others.
  TrialId of(const TrialStatus& trial) const {
    const auto place = std::lower_bound(by_hand_.begin(), by_hand_.end(), trial.id.number);
    const std::int64_t before = place - by_hand_.begin();
    return TrialId{trial.by_hand ? kFirstNumberByHand + before : trial.id.number - before};
  }

 private:
  std::vector<std::int64_t> by_hand_;
};

}  // namespace manta::internal
