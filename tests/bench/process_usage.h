// SPDX-License-Identifier: Apache-2.0
// What processes take of the machine, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include <vector>

namespace manta::bench {

/// All processes below this one, in no order.
std::vector<pid_t> descendants();

struct MemoryUse {
  double private_bytes = 0;       ///< Pages that no other process maps.
  double proportional_bytes = 0;  ///< Of pages that several map, each counts its share.
};

/// The sums over `processes`; one that has ended counts nothing.
MemoryUse memory_use(const std::vector<pid_t>& processes);

/// Nanoseconds that the threads of `processes` have run.
double cpu_ns(const std::vector<pid_t>& processes);

}  // namespace manta::bench
