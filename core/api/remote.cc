// SPDX-License-Identifier: Apache-2.0
#include "core/api/remote.h"

namespace manta::internal {

Result<void> check_at_least(std::string_view name, std::int64_t value, std::int64_t least) {
  if (value >= least) return {};
  return Error{ErrorCode::kInvalidArgument,
               std::string(name) + " is " + std::to_string(value) + " and must be at least " + std::to_string(least) +
                   "; for no limit give a large number" + (name.ends_with("max_pending_calls") ? ", or 0" : "")};
}

Result<void> check(const TaskOptions& options) {
  MANTA_RETURN_IF_ERROR(check_at_least("TaskOptions::max_retries", options.max_retries, 0));
  return check_at_least("TaskOptions::timeout", options.timeout.count(), 0);
}

}  // namespace manta::internal
