// SPDX-License-Identifier: Apache-2.0
#include "core/base/fork_guard.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>

namespace manta {
namespace {

std::once_flag g_once;
std::atomic<pid_t> g_original{0};
std::atomic<bool> g_is_copy{false};

}  // namespace

void guard_forks() {
  std::call_once(g_once, [] {
    g_original.store(::getpid());
    // posix_spawn(), system() and popen() do not run it, and need not: they execute a program.
    ::pthread_atfork(nullptr, nullptr, [] { g_is_copy.store(true); });
  });
}

bool is_forked_copy() { return g_is_copy.load(std::memory_order_relaxed); }

Error forked_copy_error() {
  return {ErrorCode::kFailedPrecondition,
          "process " + std::to_string(::getpid()) + " is a fork of process " + std::to_string(g_original.load()) +
              ", which uses the runtime; its refs and handles are that one's alone. Make the call there, or execute a "
              "program"};
}

}  // namespace manta
