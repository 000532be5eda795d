// SPDX-License-Identifier: Apache-2.0
#include "core/node/marked_processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"

namespace manta {
namespace {

// A process that has ended, or is not ours, has none that could be read.
bool is_marked(pid_t process, std::string_view variable) {
  std::ifstream file("/proc/" + std::to_string(process) + "/environ", std::ios::binary);
  const std::string variables{std::istreambuf_iterator<char>(file), {}};  // A zero ends each.
  for (std::size_t at = variables.find(variable); at != std::string::npos; at = variables.find(variable, at + 1)) {
    const std::size_t end = at + variable.size();
    if ((at == 0 || variables[at - 1] == '\0') && (end == variables.size() || variables[end] == '\0')) return true;
  }
  return false;
}

// All processes by their numbers, 0 at the end. The kernel fills a buffer with all that there are at
// one time; this one has room for few, so that what began since is among them.
class Processes {
 public:
  pid_t next() {
    for (;;) {
      if (at_ >= filled_ && !fill()) return 0;
      const std::byte* entry = buffer_.data() + at_;
      std::uint16_t length = 0;
      std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
      at_ += length;
      const pid_t process = std::atoi(reinterpret_cast<const char*>(entry) + offsetof(dirent64, d_name));
      if (process > 0) return process;  // Not "self" and the like.
    }
  }

 private:
  bool fill() {
    const long filled = folder_ ? ::syscall(SYS_getdents64, folder_.get(), buffer_.data(), buffer_.size()) : 0;
    filled_ = static_cast<std::size_t>(std::max(filled, 0L));
    at_ = 0;
    return filled > 0;
  }

  UniqueFd folder_{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  alignas(dirent64) std::array<std::byte, 64> buffer_{};
  std::size_t filled_ = 0;
  std::size_t at_ = 0;
};

// Lowest number first: one that goes on as a child of its own is met again.
bool kill_all_there_are(std::string_view variable) {
  Processes processes;
  bool any = false;
  while (const pid_t process = processes.next()) {
    if (process == ::getpid() || !is_marked(process, variable)) continue;
    ::kill(process, SIGKILL);
    any = true;
  }
  return any;
}

}  // namespace

void kill_marked_processes(const std::string& variable) {
  constexpr int kRounds = 400;
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 5'000'000};
  constexpr int kEmptyRounds = 2;  // The numbers may have begun anew in one.
  int empty = 0;
  for (int round = 0; round < kRounds && empty < kEmptyRounds; ++round) {
    empty = kill_all_there_are(variable) ? 0 : empty + 1;
    if (empty == 0) ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace manta
