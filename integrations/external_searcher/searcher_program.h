// SPDX-License-Identifier: Apache-2.0
// A program that is asked for lines and answers with lines.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

class CommandGuardian;
class CommandProcess;

/// A running shell command whose standard input and output are ours. What it prints on standard error is kept for
/// messages only. It is killed, with all that it started, when this object goes or this process ends, however that
/// comes about.
///
/// Thread-safety: none but that of give_up().
class SearcherProgram {
 public:
  /// Errors: kSystem: no process or descriptor to be had. A command that is not there shows in the first answer().
  static Result<std::unique_ptr<SearcherProgram>> start(const std::string& command, Duration timeout);

  SearcherProgram(const SearcherProgram&) = delete;
  SearcherProgram& operator=(const SearcherProgram&) = delete;
  ~SearcherProgram();

  /// Sends `line`, without a newline at its end; what the program does not take yet, with later calls. Never blocks.
  void send(std::string_view line);
  /// The next line that it prints and that is not empty. Blocks for the timeout at most.
  /// Errors: kSystem: it has ended (the message says how, with its last words on standard error), has closed its
  /// output, or does not answer in time.
  Result<std::string> answer();

  /// Nobody waits for its answers any more: answer() fails soon, with kSystem. Any thread.
  void give_up() { is_given_up_ = true; }

 private:
  SearcherProgram(std::string command, Duration timeout);
  void flush();
  Error gone();

  const std::string command_;
  const Duration timeout_;
  SystemClock clock_;  // The program's time is the machine's.
  UniqueFd input_;     // Our end of its standard input; non-blocking.
  std::string unsent_;
  std::atomic<bool> is_given_up_ = false;
  const std::unique_ptr<CommandGuardian> guardian_;
  std::unique_ptr<CommandProcess> process_;
};

}  // namespace manta
