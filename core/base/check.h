// SPDX-License-Identifier: Apache-2.0
// Invariants of ours. A broken one stops the process: going on would be wrong.
#pragma once

#include <string_view>

namespace manta::internal {

/// Prints file, line and `message` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, std::string_view message);

}  // namespace manta::internal

/// Stops the process when `condition` is false. For bugs of ours, never for bad input.
#define MANTA_CHECK(condition, message)                                             \
  do {                                                                              \
    if (!(condition)) ::manta::internal::check_failed(__FILE__, __LINE__, message); \
  } while (false)
