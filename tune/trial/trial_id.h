// SPDX-License-Identifier: Apache-2.0
// The number of a trial.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace manta {

/// Trials of an experiment are numbered 0, 1, 2, … in the order in which they were suggested.
struct TrialId {
  std::int64_t number = -1;
  friend auto operator<=>(const TrialId&, const TrialId&) = default;
};

inline std::string to_string(TrialId id) { return std::to_string(id.number); }

}  // namespace manta

template <>
struct std::hash<manta::TrialId> {
  std::size_t operator()(manta::TrialId id) const noexcept { return std::hash<std::int64_t>{}(id.number); }
};
