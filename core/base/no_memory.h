// SPDX-License-Identifier: Apache-2.0
// What ends with an error, rather than an exception, when there is no memory for it.
#pragma once

#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/memory_reserve.h"
#include "core/base/result.h"

namespace manta {

/// kExhausted: the process gets no more memory, which was wanted for `what`. Needs none that it cannot do without.
Error no_memory_error(std::string_view what) noexcept;

/// What `run` returns, as a Result; no_memory_error(what) if there is no memory for it. It takes none of the reserve,
/// so it must leave nothing half done where it fails.
template <class Run>
auto with_memory(std::string_view what, Run&& run) {
  using Returned = std::invoke_result_t<Run>;
  using Ended = std::conditional_t<is_result<Returned>::value, Returned, Result<Returned>>;
  const MemoryReserve::Pause pause;
  try {
    if constexpr (std::is_void_v<Returned>) {
      std::forward<Run>(run)();
      return Ended();
    } else {
      return Ended(std::forward<Run>(run)());
    }
  } catch (const std::bad_alloc&) {
    return Ended(no_memory_error(what));
  }
}

}  // namespace manta
