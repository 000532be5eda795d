// SPDX-License-Identifier: Apache-2.0
// How the end of a worker is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/net/spawn_request.h"

namespace manta {

/// What the node knows of a worker that has ended besides the notice.
struct DeathCircumstances {
  std::uint64_t memory_limit = 0;    ///< Bytes; 0: none.
  bool kernel_freed_memory = false;  ///< About then the kernel has killed some process for want of memory.
};

/// "was killed by signal 6 (Aborted), peak memory 12 MiB", "was killed (OOM: peak 64 MiB, limit 64 MiB, killed by its
/// memory cgroup)".
std::string death_cause(const SpawnNotice& notice, const DeathCircumstances& circumstances);
/// The kind of cause that a text of one of these, or of the node's own, tells: "exited", "exit_code", "signal",
/// "out_of_memory", "timeout" or "killed".
std::string_view cause_word(std::string_view cause);
/// Of a worker that the node kills because it was found to have `found` bytes.
std::string over_limit_cause(std::uint64_t found, std::uint64_t limit);

}  // namespace manta
