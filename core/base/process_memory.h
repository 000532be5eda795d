// SPDX-License-Identifier: Apache-2.0
// How much memory a process has of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace manta {

/// Bytes in memory of process `pid` that are no file's and not shared memory: its heap, its stacks, and what it has not
/// changed of its parent's. Takes some microseconds. None: there is no such process.
std::optional<std::uint64_t> anonymous_memory(pid_t pid);

/// As anonymous_memory(), but of pages that several processes have (those of their common parent) only its share. Walks
/// the page table: some milliseconds for some gigabytes. None: no such process, or a kernel that does not say (before
/// 5.4).
std::optional<std::uint64_t> anonymous_memory_share(pid_t pid);

/// Processes that the kernel has killed since its start because memory ran out, in whatever group. None: it does not
/// say.
std::optional<std::uint64_t> kernel_oom_kills();

}  // namespace manta
