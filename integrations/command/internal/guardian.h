// SPDX-License-Identifier: Apache-2.0
// The process between a worker and its command.
#pragma once

namespace manta::internal {

/// What the guardian and the shell need; all prepared before the fork, because no memory may be allocated after it.
struct GuardianPlan {
  int lifeline_fd;  ///< Read end; end of file: the worker is gone.
  int status_fd;    ///< Where the shell's wait status goes, as an int.
  int input_fd;     ///< The shell's standard input, output and error.
  int output_fd;
  int error_fd;
  const char* const* arguments;  ///< Of execve(); the first is the program's path.
  const char* const* environment;
};

/// Runs the shell and watches it. To be called in a fresh fork; uses async-signal-safe calls only, because other
/// threads of the parent may have held any lock.
[[noreturn]] void run_guardian(const GuardianPlan& plan);

}  // namespace manta::internal
