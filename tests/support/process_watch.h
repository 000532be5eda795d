// SPDX-License-Identifier: Apache-2.0
// Whether another process lives.
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/unique_fd.h"

namespace manta {

/// Watches one process, which need not be a child.
///
/// Thread-safety: any method, from any thread.
class ProcessWatch {
 public:
  explicit ProcessWatch(pid_t pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

  /// False if there was no such process to begin with.
  bool is_watching() const { return static_cast<bool>(fd_); }
  bool has_ended() const { return ended_within(0); }
  void wait_until_ended() const { ended_within(-1); }

 private:
  bool ended_within(int milliseconds) const {
    pollfd process{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return fd_ && ::poll(&process, 1, milliseconds) == 1;
  }

  UniqueFd fd_;
};

}  // namespace manta
