// SPDX-License-Identifier: Apache-2.0
// What the control groups that a process is in leave it of the machine: containers, systemd's slices, Slurm's jobs.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace manta {

struct GroupLimits {
  double cpus = std::numeric_limits<double>::infinity();             // Their time per time; may be a part of one.
  std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();  // Bytes.
};

/// The smallest limits of the groups that `membership` (the text of /proc/self/cgroup) names and of all above them,
/// below `root`. Versions 1 and 2; what cannot be read is no limit.
GroupLimits group_limits(std::string_view membership, const std::string& root = "/sys/fs/cgroup");

/// Those of this process.
GroupLimits group_limits();

}  // namespace manta
