// SPDX-License-Identifier: Apache-2.0
// The handler only counts and wakes a thread.
#include "tune/cli/signal_watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include "tune/cli/exit_code.h"

namespace manta {

namespace {

constexpr std::array<int, 3> kWatched{SIGINT, SIGTERM, SIGHUP};

// What the handler sees. A process has one set of handlers, so these cannot be members.
std::atomic<bool> installed{false};
std::atomic<int> wake_fd{-1};
std::atomic<int> first_signal{0};
std::array<struct sigaction, kWatched.size()> former{};

static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not take a lock");

void wake(int fd) {
  const std::uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void call_former(int signal, siginfo_t* info, void* context) {
  for (std::size_t index = 0; index < kWatched.size(); ++index) {
    const struct sigaction& action = former[index];
    if (kWatched[index] != signal || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) continue;
    if ((action.sa_flags & SA_SIGINFO) != 0) {
      action.sa_sigaction(signal, info, context);
    } else {
      action.sa_handler(signal);
    }
  }
}

void on_signal(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  int none = 0;
  if (first_signal.compare_exchange_strong(none, signal)) {
    wake(wake_fd.load());
  } else if (signal != SIGHUP) {
    // SIGHUP comes more than once by itself, from the kernel and the shell, when a terminal closes.
    _exit(exit_code_of_signal(signal));
  }
  call_former(signal, info, context);
  errno = saved_errno;
}

void install() {
  for (std::size_t index = 0; index < kWatched.size(); ++index) {
    sigaction(kWatched[index], nullptr, &former[index]);
    if (former[index].sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(kWatched[index], &action, nullptr);
  }
}

}  // namespace

Result<std::unique_ptr<SignalWatch>> SignalWatch::start(std::function<void(int signal)> on_first) {
  if (installed.exchange(true)) {
    return Error{ErrorCode::kFailedPrecondition, "signals are watched already: one tune_run at a time in a process"};
  }
  UniqueFd wake(eventfd(0, EFD_CLOEXEC));
  if (!wake) {
    installed = false;
    return system_error("eventfd", errno);
  }
  return std::unique_ptr<SignalWatch>(new SignalWatch(std::move(wake), std::move(on_first)));
}

SignalWatch::SignalWatch(UniqueFd wake, std::function<void(int signal)> on_first) : wake_(std::move(wake)) {
  first_signal = 0;
  wake_fd = wake_.get();
  thread_ = std::thread([fd = wake_.get(), callback = std::move(on_first)] {
    std::uint64_t count = 0;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
    if (const int signal = first_signal.load(); signal != 0) callback(signal);
  });
  install();
}

SignalWatch::~SignalWatch() {
  for (std::size_t index = 0; index < kWatched.size(); ++index) sigaction(kWatched[index], &former[index], nullptr);
  wake(wake_.get());
  thread_.join();
  wake_fd = -1;
  installed = false;
}

int SignalWatch::received() const { return first_signal.load(); }

int exit_code_of_signal(int signal) { return signal == SIGINT ? kExitInterrupted : kExitTerminated; }

}  // namespace manta
