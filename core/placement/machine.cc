// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/placement/resources.h"

namespace manta {
namespace {

double usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cpus = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // "max 100000" or "150000 100000".
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) cpus = std::min(cpus, quota / period);
  return std::max(cpus, 1.0);
}

// Of a file of one line; `otherwise` if it has no number ("max") or is not there.
std::uint64_t read_number(const char* path, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : otherwise;
}

std::uint64_t usable_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  std::uint64_t memory = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    memory = std::min(memory, read_number(path, memory));
  return memory;
}

// The device files nvidia0, nvidia1, … that the kernel driver made.
std::vector<std::string> installed_gpus() {
  std::vector<std::string> gpus;
  for (int i = 0; std::filesystem::exists("/dev/nvidia" + std::to_string(i)); ++i) gpus.push_back(std::to_string(i));
  return gpus;
}

}  // namespace

Machine detect_machine(const char* visible_devices) {
  Machine machine{.cpus = usable_cpus(), .gpus = installed_gpus(), .memory = usable_memory()};
  if (visible_devices == nullptr) return machine;
  machine.gpus.clear();
  std::istringstream list{std::string(visible_devices)};
  for (std::string name; std::getline(list, name, ',');)
    if (!name.empty() && name != "-1") machine.gpus.push_back(name);
  return machine;
}

}  // namespace manta
