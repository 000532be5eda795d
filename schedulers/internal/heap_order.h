// SPDX-License-Identifier: Apache-2.0
// The two orders of a heap of scores, by what lies on top.
#pragma once

#include <functional>

namespace manta::internal {

inline constexpr std::less<> kLargestOnTop;
inline constexpr std::greater<> kSmallestOnTop;

}  // namespace manta::internal
