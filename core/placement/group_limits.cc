// SPDX-License-Identifier: Apache-2.0
#include "core/placement/group_limits.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/placement/cgroup_membership.h"

namespace manta {
namespace {

// The numbers at the start of a file of one line: none of "max".
std::vector<double> numbers_in(const std::string& path) {
  std::ifstream file(path);
  std::vector<double> numbers;
  for (double number = 0; file >> number;) numbers.push_back(number);
  return numbers;
}

void take_limits_of(const std::string& group, GroupLimits& limits) {
  for (const char* name : {"/memory.max", "/memory.limit_in_bytes"}) {
    std::ifstream file(group + name);
    if (std::uint64_t bytes = 0; file >> bytes) limits.memory = std::min(limits.memory, bytes);
  }
  std::vector<double> share = numbers_in(group + "/cpu.max");  // "max 100000" or "150000 100000".
  if (share.empty()) {
    share = numbers_in(group + "/cpu.cfs_quota_us");  // -1: none.
    for (const double period : numbers_in(group + "/cpu.cfs_period_us")) share.push_back(period);
  }
  if (share.size() == 2 && share[0] > 0 && share[1] > 0) limits.cpus = std::min(limits.cpus, share[0] / share[1]);
}

void take_limits_up_from(const std::string& hierarchy, std::filesystem::path group, GroupLimits& limits) {
  for (; group.has_relative_path(); group = group.parent_path()) take_limits_of(hierarchy + group.string(), limits);
  take_limits_of(hierarchy, limits);
}

}  // namespace

GroupLimits group_limits(std::string_view membership, const std::string& root) {
  GroupLimits limits;
  for (const CgroupMembership& group : parse_memberships(membership)) {
    if (group.controllers.empty()) take_limits_up_from(root, group.path, limits);
    for (const std::string& name : group.controllers) take_limits_up_from(root + "/" + name, group.path, limits);
  }
  return limits;
}

GroupLimits group_limits() { return group_limits(own_memberships()); }

}  // namespace manta
