// SPDX-License-Identifier: Apache-2.0
// A shell command as a child process that cannot outlive its owner.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "integrations/command/command_output.h"

namespace manta {

/// A running `/bin/sh -c`, in a process group of its own, with /dev/null as its standard input unless it is given one.
///
/// Between this process and the shell stands a guardian: a fork that waits for the shell's end or this process's, then
/// kills the whole group. So neither a kill -9 of this process nor a command that leaves children behind leaves
/// anything running (children that leave the process group excepted).
///
/// Thread-safety: none.
class CommandProcess {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;
  /// Takes what the command printed and is not for the caller, as it comes.
  using Log = std::function<void(std::string_view bytes)>;

  /// Starts `command` with the variables of this process and those of `environment`. Its standard error goes to `log`.
  /// `input`: its standard input; empty: /dev/null.
  /// Errors: kSystem: no process or descriptor to be had.
  static Result<std::unique_ptr<CommandProcess>> start(const std::string& command, const Environment& environment,
                                                       Log log, UniqueFd input = {});

  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;
  /// Kills the process group, at once, and waits until the shell is gone.
  ~CommandProcess();

  /// The next line of standard output, or none: the command has ended and all it printed was read. Blocks.
  std::optional<LineSplitter::Line> next_line();

  // For whoever talks with the command, and must not wait for its output alone:
  /// A whole line that has been read already, or none.
  std::optional<LineSplitter::Line> line_at_hand() { return lines_.next(); }
  /// Waits until something of the command could be read, `writable`, a descriptor or -1, takes bytes, or the time is
  /// over; negative: without end.
  void wait(int milliseconds, int writable = -1);
  /// All it printed has been read, because it closed its output or ended.
  bool has_closed_output() const { return !output_; }
  bool has_ended() const { return !status_; }

  /// How the command ended, as wait() says it. After next_line() gave none, or has_ended().
  int wait_status() const { return wait_status_; }
  /// The last lines of standard error, at most 2 KiB.
  const std::string& error_tail() const { return error_tail_; }

 private:
  explicit CommandProcess(Log log) : log_(std::move(log)) {}
  std::string read_from(UniqueFd& fd);
  void take_status();

  const Log log_;
  pid_t guardian_ = -1;
  UniqueFd lifeline_;  // The guardian kills the group when this end closes, however that comes about.
  UniqueFd status_;    // Where the shell's wait status comes from; empty once it came.
  UniqueFd output_;    // The shell's standard output and error; empty after their end.
  UniqueFd errors_;
  LineSplitter lines_;
  std::string error_tail_;
  int wait_status_ = 0;
};

/// "exit code 3", "signal 11 (Segmentation fault)"; the shell's own codes in words.
std::string describe_wait_status(int wait_status);

}  // namespace manta
