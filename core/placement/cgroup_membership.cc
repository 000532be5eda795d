// SPDX-License-Identifier: Apache-2.0
#include "core/placement/cgroup_membership.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace manta {

bool CgroupMembership::has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

std::vector<CgroupMembership> parse_memberships(std::string_view text) {
  std::vector<CgroupMembership> memberships;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    CgroupMembership membership{{}, line.substr(second + 1)};
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    for (std::string name; std::getline(controllers, name, ',');) membership.controllers.push_back(name);
    memberships.push_back(std::move(membership));
  }
  return memberships;
}

std::string own_memberships() {
  std::ifstream file("/proc/self/cgroup");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace manta
