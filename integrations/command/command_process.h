// SPDX-License-Identifier: Apache-2.0
// A shell command as a child process that cannot outlive its owner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "integrations/command/command_guardian.h"
#include "integrations/command/command_output.h"

namespace manta {

/// A running command of the shell, with /dev/null as its standard input unless it is given one. Its guardian sees to it
/// that nothing of it outlives this object or this process.
///
/// Thread-safety: none.
class CommandProcess {
 public:
  using Environment = CommandGuardian::Environment;
  /// Takes what the command printed and is not for the caller, as it comes.
  using Log = std::function<void(std::string_view bytes)>;

  /// Starts `command` with the variables of this process and those of `environment`. Its standard error goes to `log`.
  /// `guardian` must outlive the process, and has no other meanwhile. `input`: its standard input; empty: /dev/null.
  /// Errors: kSystem: no process or descriptor to be had.
  static Result<std::unique_ptr<CommandProcess>> start(CommandGuardian& guardian, std::string command,
                                                       Environment environment, Log log, UniqueFd input = {});

  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;
  /// Kills all that is left of it, at once, and waits until that is gone.
  ~CommandProcess();  // NOLINT(bugprone-exception-escape): only the text of an error needs memory.

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
  bool has_ended() const { return has_ended_; }

  /// How the command ended, as wait() says it. After next_line() gave none, or has_ended().
  int wait_status() const { return wait_status_; }
  /// The last lines of standard error, at most 2 KiB.
  const std::string& error_tail() const { return error_tail_; }

 private:
  CommandProcess(CommandGuardian& guardian, Log log) : guardian_(guardian), log_(std::move(log)) {}
  void take_end();

  CommandGuardian& guardian_;
  const Log log_;
  bool has_ended_ = false;
  UniqueFd output_;  // The command's standard output and error; empty after their end.
  UniqueFd errors_;
  LineSplitter lines_;
  std::string error_tail_;
  int wait_status_ = 0;
};

/// "exit code 3", "signal 11 (Segmentation fault)"; the shell's own codes in words.
std::string describe_wait_status(int wait_status);

}  // namespace manta
