// SPDX-License-Identifier: Apache-2.0
// The one table from error codes to exit codes.
#include "tune/cli/exit_code.h"

namespace manta {

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kIncompatible: return kExitUsage;
    case ErrorCode::kTaskFailed: return kExitTrialsFailed;
    case ErrorCode::kExhausted:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kSystem: return kExitEnvironment;
    case ErrorCode::kStorage: return kExitStorage;
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
    case ErrorCode::kWorkerDied:
    case ErrorCode::kActorDied:
    case ErrorCode::kObjectLost: return kExitRuntime;
    case ErrorCode::kInternal: return kExitBug;
  }
  return kExitBug;
}

}  // namespace manta
