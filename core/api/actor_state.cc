// SPDX-License-Identifier: Apache-2.0
#include "core/api/actor_state.h"

#include "core/api/runtime.h"
#include "core/base/no_memory.h"

namespace manta {

Result<void> checkpoint() {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  if (!caller) return internal::no_runtime_error();
  return with_memory("checkpoint()", [&] { return caller->checkpoint(); });
}

namespace internal {

Result<std::uint64_t> choose_state_function(std::uint64_t of_class, int every, int max_restarts, int max_concurrency) {
  if (of_class != 0 && max_restarts != 0 && max_concurrency <= 1 && every >= 0) return of_class;
  if (every == 0) return std::uint64_t{0};
  return Error{
      ErrorCode::kInvalidArgument,
      "checkpoint_every is " + std::to_string(every) + ": " +
          (of_class == 0         ? "the actor's class needs a member `template <class Archive> void "
                                   "serialize(Archive& archive)`"
           : max_restarts == 0   ? "nobody would load the state, as max_restarts is 0"
           : max_concurrency > 1 ? "the calls of an actor that is saved must not overlap; max_concurrency is " +
                                       std::to_string(max_concurrency)
                                 : "it must be at least 0")};
}

}  // namespace internal
}  // namespace manta
