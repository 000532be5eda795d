// SPDX-License-Identifier: Apache-2.0
// The process between a worker and its commands.
#pragma once

#include <cstdint>

namespace manta::internal {

/// What the owner says over the stream socket. With kRun come three descriptors, the command's standard input, output
/// and error, and behind it `bytes` bytes, texts that end with a zero: `words` of a program to be executed, the line
/// for the shell, `variables` of the environment.
struct GuardianRequest {
  enum class Kind : std::uint32_t { kRun, kEnd };
  Kind kind = Kind::kRun;
  std::uint32_t words = 0;  ///< 0: the shell runs the line. Otherwise it does only if the program cannot be executed.
  std::uint32_t variables = 0;
  std::uint32_t bytes = 0;
};

/// What comes back once for each kRun, when nothing is left of the command.
struct GuardianAnswer {
  int error = 0;        ///< Of errno: there was no process to be had.
  int wait_status = 0;  ///< How the command has ended, as wait() says it.
};

/// Runs commands, one after the other, until the other end of `socket` is closed; then kills what is left and exits.
/// kEnd kills the command that runs; if it has just ended by itself, kEnd means nothing. To be called in a fresh fork;
/// uses async-signal-safe calls only, because other threads of the parent may have held any lock.
[[noreturn]] void run_guardian(int socket);

}  // namespace manta::internal
