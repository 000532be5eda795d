// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, SIGTERM and SIGHUP as calls.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP calls back, and a second SIGINT or SIGTERM ends the process at
/// once with exit code 130 or 143 (workers end with it). A handler that was there before is called as well; a signal
/// that was ignored before (nohup, a background job) stays ignored.
///
/// Handlers and not a mask, because threads that exist already would not have the mask.
/// Thread-safety: one at a time in a process; received() from any thread.
class SignalWatch {
 public:
  /// `on_first` runs on a thread of the watch's own, once.
  /// Errors: kFailedPrecondition: there is another; kSystem: no descriptor to be had.
  static Result<std::unique_ptr<SignalWatch>> start(std::function<void(int signal)> on_first);

  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  /// Puts the former handlers back. Waits for a callback under way.
  ~SignalWatch();

  /// The first signal that came, or 0.
  int received() const;

 private:
  SignalWatch(UniqueFd wake, std::function<void(int signal)> on_first);

  const UniqueFd wake_;  // An eventfd: written by the handler, or to end the thread.
  std::thread thread_;
};

/// 130 for SIGINT, 143 for the others.
int exit_code_of_signal(int signal);

}  // namespace manta
