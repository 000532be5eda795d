// SPDX-License-Identifier: Apache-2.0
#include "core/api/supervision.h"

#include <utility>

#include "core/api/runtime.h"
#include "core/base/no_memory.h"

namespace manta {

Result<void> on_child_death(ChildDeathHandler handler) {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  if (!caller) return internal::no_runtime_error();
  return with_memory("on_child_death()", [&] { return caller->on_child_death(std::move(handler)); });
}

}  // namespace manta
