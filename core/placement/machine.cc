// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "core/base/allowed_cpus.h"
#include "core/placement/group_limits.h"
#include "core/placement/resources.h"

namespace manta {
namespace {

double usable_cpus(const GroupLimits& limits) {
  return std::max(std::min<double>(allowed_cpus(), limits.cpus), 1.0);
}

std::uint64_t usable_memory(const GroupLimits& limits) {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  return std::min(pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)), limits.memory);
}

// The device files nvidia0, nvidia1, … that the kernel driver made.
std::vector<std::string> installed_gpus() {
  std::vector<std::string> gpus;
  for (int i = 0; std::filesystem::exists("/dev/nvidia" + std::to_string(i)); ++i) gpus.push_back(std::to_string(i));
  return gpus;
}

}  // namespace

Machine detect_machine(const char* visible_devices) {
  const GroupLimits limits = group_limits();
  Machine machine{.cpus = usable_cpus(limits), .gpus = installed_gpus(), .memory = usable_memory(limits)};
  if (visible_devices == nullptr) return machine;
  machine.gpus.clear();
  std::istringstream list{std::string(visible_devices)};
  for (std::string name; std::getline(list, name, ',');)
    if (!name.empty() && name != "-1") machine.gpus.push_back(name);
  return machine;
}

}  // namespace manta
