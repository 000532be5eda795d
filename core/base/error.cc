// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

#include <system_error>

namespace manta {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kAlreadyExists: return "already_exists";
    case ErrorCode::kExhausted: return "exhausted";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kFailedPrecondition: return "failed_precondition";
    case ErrorCode::kTaskFailed: return "task_failed";
    case ErrorCode::kWorkerDied: return "worker_died";
    case ErrorCode::kActorDied: return "actor_died";
    case ErrorCode::kObjectLost: return "object_lost";
    case ErrorCode::kIncompatible: return "incompatible";
    case ErrorCode::kStorage: return "storage";
    case ErrorCode::kSystem: return "system";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

std::string to_string(const Error& error) { return std::string(to_string(error.code)) + ": " + error.message; }

Error system_error(std::string_view call, int errno_value) {
  return {ErrorCode::kSystem, std::string(call) + ": " + std::generic_category().message(errno_value)};
}

}  // namespace manta
