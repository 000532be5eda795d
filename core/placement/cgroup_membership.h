// SPDX-License-Identifier: Apache-2.0
// Which control groups a process is in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// One line of /proc/self/cgroup: "4:cpu,cpuacct:/user.slice", or "0::/user.slice" of version 2.
struct CgroupMembership {
  std::vector<std::string> controllers;  ///< Of version 2: none.
  std::string path;                      ///< From the hierarchy's root on.

  bool has(std::string_view controller) const;
};

/// Those in `text`; lines that are none are left out.
std::vector<CgroupMembership> parse_memberships(std::string_view text);

/// The text of this process.
std::string own_memberships();

}  // namespace manta
