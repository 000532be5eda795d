// SPDX-License-Identifier: Apache-2.0
// What a worker says when it crashes.
#pragma once

#include <cstddef>
#include <string_view>

namespace manta {

/// To be called in the fork server, before the first fork: loads what unwinding and names need, so that a handler need
/// neither allocate nor open files.
void prepare_crash_report();

/// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT in this worker. They print to standard error, and
/// to `output_fd` if that is another file, the signal, what was running, and a backtrace with mangled names (the node
/// demangles them); then the signal does what it does without a handler, so that it stays the cause of death. A signal
/// that somebody handles already keeps its handler, and so does one that user code handles later. Nothing under
/// sanitizers, which have handlers of their own. `process_name` is copied.
void install_crash_report(std::string_view process_name, int output_fd);

/// A stack for the handlers on the calling thread, while this lives: without it an overflow of the thread's own stack
/// cannot be reported.
class CrashStack {
 public:
  CrashStack();
  ~CrashStack();
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

 private:
  void* memory_;
};

/// The name of the function that this thread runs while this lives, for the report. The name must live as long.
class RunningName {
 public:
  explicit RunningName(std::string_view function);
  ~RunningName();
  RunningName(const RunningName&) = delete;
  RunningName& operator=(const RunningName&) = delete;
};

}  // namespace manta
