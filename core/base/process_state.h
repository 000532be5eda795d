// SPDX-License-Identifier: Apache-2.0
// What a process is doing that does not end.
#pragma once

#include <sys/types.h>

#include <string>

namespace manta {

/// "state D (disk sleep), waits in nfs_wait_bit_killable", from /proc. The kernel's function only where it is told to
/// this user. "it has ended": there is no such process.
std::string describe_process(pid_t pid);

}  // namespace manta
