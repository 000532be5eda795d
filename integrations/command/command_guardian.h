// SPDX-License-Identifier: Apache-2.0
// A process that runs commands, and leaves nothing of them behind.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// Stands between this process and its commands: a fork, made with the first of them, that starts each, waits for its
/// end or this process's, then kills whatever the command has started. So neither a kill -9 of this process nor a
/// command that leaves children behind leaves anything running, wherever those children have gone. Should the guardian
/// be killed, the command goes with it, and the next command has a new one.
///
/// The commands have the working directory and the limits that this process had when the guardian was made.
///
/// Thread-safety: none.
class CommandGuardian {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  struct Command {
    std::string line;         ///< For `/bin/sh -c`, which is left out where it would execute one program and no more.
    Environment environment;  ///< Comes on top of this process's variables.
    int input;                ///< These three become its standard input, output and error.
    int output;
    int error;
  };

  CommandGuardian() = default;
  CommandGuardian(const CommandGuardian&) = delete;
  CommandGuardian& operator=(const CommandGuardian&) = delete;
  /// Kills the command that runs, and waits until all is gone.
  ~CommandGuardian();

  /// Starts `command` in a process group of its own. Not before take_end() of the one before.
  /// Errors: kSystem: no process or descriptor to be had for the guardian.
  Result<void> start(const Command& command);
  /// Becomes readable when nothing is left of the command.
  int descriptor() const { return socket_.get(); }
  /// How the command has ended, as wait() says it; killed, if the guardian is. Blocks until then; once per start().
  /// Errors: kSystem: the guardian had no process for it.
  Result<int> take_end();
  /// Kills the command that runs, at once; take_end() is still to be called.
  void kill();

 private:
  Result<void> fork_guardian();
  void reap();

  pid_t process_ = -1;
  std::string directory_;  // Its working directory.
  UniqueFd socket_;        // Empty: no guardian. It kills the command when this end closes, however that comes about.
};

}  // namespace manta
