// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/abort_process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "tune/function_trainable.h"

namespace manta {
namespace {

std::string name_of(const std::filesystem::path& task) {
  std::ifstream file(task / "comm");
  std::string name;
  std::getline(file, name);
  return name;
}

// Threads that the function starts take over its thread's name, but have higher numbers.
pid_t busy_thread(const std::filesystem::path& process, pid_t first) {
  std::error_code error;
  pid_t found = first;
  for (const auto& task : std::filesystem::directory_iterator(process / "task", error)) {
    const std::string number = task.path().filename().string();
    pid_t thread = 0;
    std::from_chars(number.data(), number.data() + number.size(), thread);
    if (name_of(task.path()) != kFunctionThreadName) continue;
    if (found == first || thread < found) found = thread;
  }
  return found;
}

// The letter behind the name in /proc/PID/task/TID/stat; a name may have parentheses of its own.
char state_of(const std::filesystem::path& task) {
  std::ifstream file(task / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= line.size() ? '?' : line[name_end + 2];
}

std::string state_text(char state) {
  switch (state) {
    case 'R': return "its thread computes";
    case 'S': return "its thread sleeps";
    case 'D': return "its thread waits for a disk or a device";
    case 'T':
    case 't': return "its process has been stopped by a signal, or by a debugger";
    default: return "";
  }
}

}  // namespace

std::string process_activity(pid_t pid) {
  const std::filesystem::path process = std::filesystem::path("/proc") / std::to_string(pid);
  const std::filesystem::path task = process / "task" / std::to_string(busy_thread(process, pid));
  const char state = state_of(task);
  std::ifstream file(task / "wchan");
  std::string place;
  std::getline(file, place);
  const bool is_known = (state == 'S' || state == 'D') && !place.empty() && place != "0";
  return state_text(state) + (is_known ? " in " + place : "");
}

void abort_process(pid_t pid) {
  const std::filesystem::path process = std::filesystem::path("/proc") / std::to_string(pid);
  if (!name_of(process).starts_with("trial-")) return;  // As ActorExecutor names them.
  ::syscall(SYS_tgkill, pid, busy_thread(process, pid), SIGABRT);
}

}  // namespace manta
