// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/process_usage.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace manta::bench {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(pid_t process) { return fs::path("/proc") / std::to_string(process); }

/// The parent of a process, from its line in stat: "PID (any name) STATE PARENT …"; 0 if it has ended.
pid_t parent_of(const fs::path& folder) {
  std::string line;
  std::getline(std::ifstream(folder / "stat"), line);
  const std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos ? 0 : std::atoi(line.c_str() + name_end + 4);
}

}  // namespace

std::vector<pid_t> descendants() {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); }))
      children.emplace(parent_of(entry.path()), std::stoi(name));
  }
  std::vector<pid_t> found{::getpid()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto it = begin; it != end; ++it) found.push_back(it->second);
  }
  found.erase(found.begin());
  return found;
}

MemoryUse memory_use(const std::vector<pid_t>& processes) {
  constexpr double kKilobyte = 1024;
  MemoryUse use;
  for (const pid_t process : processes) {
    std::ifstream file(folder_of(process) / "smaps_rollup");
    std::string line;
    std::getline(file, line);  // The range of addresses.
    std::string key;
    for (double kilobytes = 0; file >> key >> kilobytes; std::getline(file, line)) {
      if (key.starts_with("Private_")) use.private_bytes += kilobytes * kKilobyte;
      if (key == "Pss:") use.proportional_bytes += kilobytes * kKilobyte;
    }
  }
  return use;
}

double cpu_ns(const std::vector<pid_t>& processes) {
  double sum = 0;
  for (const pid_t process : processes) {
    std::error_code gone;
    for (const auto& thread : fs::directory_iterator(folder_of(process) / "task", gone)) {
      double running = 0;
      std::ifstream(thread.path() / "schedstat") >> running;
      sum += running;
    }
  }
  return sum;
}

}  // namespace manta::bench
