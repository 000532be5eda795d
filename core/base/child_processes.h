// SPDX-License-Identifier: Apache-2.0
// Who the children of this process are.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

namespace manta {

/// Fills `children` with the children of the calling thread, as many as fit, and says how many they are. For a process
/// with one thread these are all: those it forked, and those that came to it as a subreaper. 0 also where the kernel
/// does not list them (built without CONFIG_PROC_CHILDREN).
///
/// Async-signal-safe: also between fork and exec.
std::size_t child_processes(std::span<pid_t> children);

/// The same of another process: the children of its first thread. 0 also once it is gone.
std::size_t child_processes_of(pid_t process, std::span<pid_t> children);

}  // namespace manta
