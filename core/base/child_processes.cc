// SPDX-License-Identifier: Apache-2.0
#include "core/base/child_processes.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace manta {

namespace {

std::size_t read_children(const char* file, std::span<pid_t> children) {
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::size_t count = 0;
  pid_t number = 0;
  std::array<char, 4096> text;
  ssize_t size = 0;
  while (count < children.size() &&
         ((size = ::read(fd, text.data(), text.size())) > 0 || (size < 0 && errno == EINTR))) {
    for (ssize_t i = 0; i < size && count < children.size(); ++i) {  // "12 345 ": a space ends each.
      const char letter = text[static_cast<std::size_t>(i)];
      if (letter != ' ') {
        number = number * 10 + (letter - '0');
      } else {
        children[count++] = number;
        number = 0;
      }
    }
  }
  ::close(fd);
  return count;
}

}  // namespace

std::size_t child_processes(std::span<pid_t> children) { return read_children("/proc/thread-self/children", children); }

std::size_t child_processes_of(pid_t process, std::span<pid_t> children) {
  char file[64];
  std::snprintf(file, sizeof file, "/proc/%d/task/%d/children", process, process);
  return read_children(file, children);
}

}  // namespace manta
