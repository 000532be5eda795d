// SPDX-License-Identifier: Apache-2.0
// What failed, in a form that tells the caller what to do about it.
#pragma once

#include <string>
#include <string_view>

namespace manta {

/// Says what the caller should do; the message says which thing and which limit.
enum class ErrorCode {
  kInvalidArgument,     ///< The request is wrong: correct it, do not retry.
  kNotFound,            ///< The named thing does not exist.
  kAlreadyExists,       ///< The name or id is taken: choose another.
  kExhausted,           ///< A limit is reached: free something, then retry.
  kTimeout,             ///< The deadline passed; the work may still go on.
  kCancelled,           ///< Somebody ended it on purpose.
  kFailedPrecondition,  ///< Not in this state or process: the message says what is needed first.
  kTaskFailed,          ///< User code threw; the message holds the exception's type and text.
  kWorkerDied,          ///< The process of a task ended; the message holds the cause and its last lines.
  kActorDied,           ///< The process of an actor ended; the message holds the cause and its last lines.
  kObjectLost,          ///< The object's bytes are gone.
  kIncompatible,        ///< Built from another version: build it again.
  kStorage,             ///< The disk or database failed; what was acknowledged is safe.
  kSystem,              ///< The operating system refused; the message names the call and errno.
  kInternal,            ///< A bug of ours: please report it.
};

/// The stable name of a code, as it stands in messages and in the database ("kActorDied" is "actor_died").
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

/// "actor_died: counter (pid 4711) was killed by signal 9".
std::string to_string(const Error& error);

/// A kSystem error that names `call` and the text of `errno_value`.
Error system_error(std::string_view call, int errno_value);

}  // namespace manta
