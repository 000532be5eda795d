// SPDX-License-Identifier: Apache-2.0
#include "core/base/process_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace manta {
namespace {

// The number after the word `name` in a file of such pairs.
std::optional<std::uint64_t> number_after(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t value = 0;
  while (file >> word)
    if (word == name && file >> value) return value;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> anonymous_memory(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;  // Pages of files and of shared memory.
  if (!(file >> size >> resident >> shared)) return std::nullopt;
  return (resident - std::min(resident, shared)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> anonymous_memory_share(pid_t pid) {
  const auto kibibytes = number_after("/proc/" + std::to_string(pid) + "/smaps_rollup", "Pss_Anon:");
  return kibibytes ? std::optional(*kibibytes * 1024) : std::nullopt;
}

std::optional<std::uint64_t> kernel_oom_kills() { return number_after("/proc/vmstat", "oom_kill"); }

}  // namespace manta
