// SPDX-License-Identifier: Apache-2.0
// Deaths of actors that have been reported to a worker and wait for its judgement.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/net/child_death.h"

namespace manta {

/// Each worker judges what it was asked, once. What a dead worker had not judged is to go on without it.
///
/// Thread-safety: none.
class DeathReports {
 public:
  /// The number under which `worker` is to judge `death`.
  std::uint64_t ask(std::uint64_t worker, ChildDeath death) {
    asked_[worker].emplace(++last_number_, std::move(death));
    return last_number_;
  }
  /// None: `worker` was not asked, or has judged it already.
  std::optional<ChildDeath> take(std::uint64_t worker, std::uint64_t number) {
    const auto asked = asked_.find(worker);
    if (asked == asked_.end()) return std::nullopt;
    auto report = asked->second.extract(number);
    if (asked->second.empty()) asked_.erase(asked);
    if (report.empty()) return std::nullopt;
    return std::move(report.mapped());
  }
  /// All that `worker` has not judged, oldest first.
  std::vector<ChildDeath> take_all(std::uint64_t worker) {
    std::vector<ChildDeath> deaths;
    const auto asked = asked_.extract(worker);
    if (!asked.empty())
      for (auto& [number, death] : asked.mapped()) deaths.push_back(std::move(death));
    return deaths;
  }

 private:
  std::map<std::uint64_t, std::map<std::uint64_t, ChildDeath>> asked_;  // By worker, then by number.
  std::uint64_t last_number_ = 0;
};

}  // namespace manta
