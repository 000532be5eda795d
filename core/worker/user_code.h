// SPDX-License-Identifier: Apache-2.0
// Running code of the user's, which may throw anything and may fork.
#pragma once

#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/fork_guard.h"
#include "core/base/memory_reserve.h"

namespace manta {

/// kTaskFailed with the type of the exception that is being handled, and its text. To be called in a catch block.
Error user_exception();
/// The user's code has forked, and the copy has come back from it: the call is answered by the original.
[[noreturn]] void end_forked_copy();

/// What `run` throws; none if it returns.
template <class Run>
std::optional<Error> run_user_code(Run&& run) {
  std::optional<Error> error;
  try {
    const MemoryReserve::Pause pause;
    std::forward<Run>(run)();
  } catch (...) {
    error = user_exception();
  }
  if (is_forked_copy()) end_forked_copy();
  return error;
}

}  // namespace manta
