// SPDX-License-Identifier: Apache-2.0
// Whether this test runs under a sanitizer, and how much of it does.
#pragma once

namespace manta {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

/// Of `count` repetitions, those that a sanitizer sees: it looks for mistakes that show in far fewer, and makes each ten times
/// as long. At least one.
template <class Count>
constexpr Count repetitions(Count count) {
  return kIsSanitized ? (count + 9) / 10 : count;
}

}  // namespace manta
