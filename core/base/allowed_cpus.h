// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

namespace manta {

/// How many CPUs the calling thread may use, by its affinity; 0: it is not known. One system call.
inline int allowed_cpus() {
  cpu_set_t allowed;
  return ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
}

}  // namespace manta
