// SPDX-License-Identifier: Apache-2.0
// Whole runs of commands, for tests.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "integrations/command/command_process.h"

namespace manta {

struct CommandOutcome {
  std::vector<std::string> lines;
  std::string log;
  std::string tail;
  int status = 0;
};

/// Runs `command` to its end.
inline CommandOutcome run_command(CommandGuardian& guardian, const std::string& command,
                                  const CommandProcess::Environment& environment = {}) {
  CommandOutcome outcome;
  auto process =
      CommandProcess::start(guardian, command, environment, [&](std::string_view bytes) { outcome.log += bytes; });
  EXPECT_TRUE(process.has_value());
  while (auto line = (*process)->next_line()) outcome.lines.push_back(line->text);
  outcome.tail = (*process)->error_tail();
  outcome.status = (*process)->wait_status();
  return outcome;
}

/// True once the process with this number is gone; waits for its end on a pidfd.
inline bool process_ends(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd watched{fd, POLLIN, 0};
  const int ready = poll(&watched, 1, 20000);
  close(fd);
  return ready == 1;
}

}  // namespace manta
