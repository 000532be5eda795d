// SPDX-License-Identifier: Apache-2.0
#include "tests/support/refused_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/net/spawn_request.h"
#include "tests/support/sanitizer.h"

namespace manta {
namespace {

constexpr const char* kVariable = "MANTA_TEST_REFUSED_CALLS";  // "first count call workers"; workers 0: the server itself.

struct Kind {
  std::string_view name;
  int error;
};
constexpr std::array<Kind, 13> kKinds = {{{"memfd_create", EMFILE},
                                          {"ftruncate", ENOMEM},
                                          {"mmap", ENOMEM},
                                          {"dup", EMFILE},
                                          {"open", EMFILE},
                                          {"socketpair", EMFILE},
                                          {"pipe", EMFILE},
                                          {"epoll_create1", EMFILE},
                                          {"epoll_ctl", ENOSPC},
                                          {"eventfd", EMFILE},
                                          {"signalfd", EMFILE},
                                          {"posix_spawn", EAGAIN},
                                          {"fork", EAGAIN}}};

RefusedCalls refused_now;
std::atomic<bool> refuses{false};
std::atomic<int> seen{0};
std::atomic<int> refused_so_far{0};
RefusedCalls refused_of_workers;
int workers_left = 0;  // That are refused them.

void set_others(const RefusedCalls& refused, int workers) {
  const std::string text = std::to_string(refused.first) + " " + std::to_string(refused.count) + " " +
                           std::to_string(static_cast<int>(refused.call)) + " " + std::to_string(workers);
  ::setenv(kVariable, text.c_str(), 1);
}

// What the environment says to a fork server, before main().
[[maybe_unused]] const bool has_read_environment = [] {
  const char* const text = std::getenv(kVariable);
  RefusedCalls refused;
  int call = 0;
  int workers = 0;
  if (text == nullptr || std::getenv(kForkServerVariable) == nullptr) return false;
  if (std::sscanf(text, "%d %d %d %d", &refused.first, &refused.count, &call, &workers) != 4) std::abort();
  refused.call = static_cast<SystemCall>(call);
  if (workers == 0) refuse_calls(refused);
  refused_of_workers = refused;
  workers_left = workers;
  return true;
}();

// The errno of this call; 0: it is made.
[[maybe_unused]] int refusal_of(SystemCall call) {
  if (!refuses || refused_now.call != call) return 0;
  const int number = seen++;
  if (number < refused_now.first || number - refused_now.first >= refused_now.count) return 0;
  ++refused_so_far;
  return kKinds[static_cast<std::size_t>(call)].error;
}

}  // namespace

std::string_view name_of(SystemCall call) { return kKinds[static_cast<std::size_t>(call)].name; }

const bool kCanRefuseCalls = !kIsSanitized;

void refuse_calls(const RefusedCalls& refused) {
  refused_now = refused;
  seen = refused_so_far = 0;
  refuses = true;
}

int grant_calls() {
  refuses = false;
  return refused_so_far;
}

void refuse_calls_of_servers(const RefusedCalls& refused) { set_others(refused, 0); }
void refuse_calls_of_workers(const RefusedCalls& refused, int workers) { set_others(refused, workers); }
void grant_calls_of_others() { ::unsetenv(kVariable); }

}  // namespace manta

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

using manta::SystemCall;

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// Calls `function` unless it is refused.
template <class Function, class... A>
int call_or_refuse(SystemCall call, Function function, A... arguments) {
  const int error = manta::refusal_of(call);
  if (error == 0) return function(arguments...);
  errno = error;
  return -1;
}

}  // namespace

// In place of the C library's, for the whole program.
extern "C" {

int memfd_create(const char* name, unsigned flags) noexcept {
  static const auto kReal = real<int (*)(const char*, unsigned)>("memfd_create");
  return call_or_refuse(SystemCall::kMemfdCreate, kReal, name, flags);
}

int ftruncate(int fd, off_t size) noexcept {
  static const auto kReal = real<int (*)(int, off_t)>("ftruncate");
  return call_or_refuse(SystemCall::kFtruncate, kReal, fd, size);
}

void* mmap(void* wanted, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  static const auto kReal = real<void* (*)(void*, size_t, int, int, int, off_t)>("mmap");
  const int error = manta::refusal_of(SystemCall::kMmap);
  if (error == 0) return kReal(wanted, size, protection, flags, fd, offset);
  errno = error;
  return MAP_FAILED;
}

int fcntl(int fd, int command, ...) {
  static const auto kReal = real<int (*)(int, int, ...)>("fcntl");
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  if (command != F_DUPFD_CLOEXEC) return kReal(fd, command, argument);
  return call_or_refuse(SystemCall::kDuplicate, kReal, fd, command, argument);
}

int open(const char* path, int flags, ...) {
  static const auto kReal = real<int (*)(const char*, int, ...)>("open");
  va_list list;
  va_start(list, flags);
  const auto mode = static_cast<mode_t>(va_arg(list, unsigned));
  va_end(list);
  return call_or_refuse(SystemCall::kOpen, kReal, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  static const auto kReal = real<int (*)(int, const char*, int, ...)>("openat");
  va_list list;
  va_start(list, flags);
  const auto mode = static_cast<mode_t>(va_arg(list, unsigned));
  va_end(list);
  return call_or_refuse(SystemCall::kOpen, kReal, folder, path, flags, mode);
}

int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  static const auto kReal = real<int (*)(int, int, int, int*)>("socketpair");
  return call_or_refuse(SystemCall::kSocketpair, kReal, domain, type, protocol, ends);
}

int pipe2(int ends[2], int flags) noexcept {
  static const auto kReal = real<int (*)(int*, int)>("pipe2");
  return call_or_refuse(SystemCall::kPipe, kReal, ends, flags);
}

int epoll_create1(int flags) noexcept {
  static const auto kReal = real<int (*)(int)>("epoll_create1");
  return call_or_refuse(SystemCall::kEpollCreate, kReal, flags);
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static const auto kReal = real<int (*)(int, int, int, epoll_event*)>("epoll_ctl");
  if (operation != EPOLL_CTL_ADD) return kReal(epoll, operation, fd, event);
  return call_or_refuse(SystemCall::kEpollControl, kReal, epoll, operation, fd, event);
}

int eventfd(unsigned count, int flags) noexcept {
  static const auto kReal = real<int (*)(unsigned, int)>("eventfd");
  return call_or_refuse(SystemCall::kEventfd, kReal, count, flags);
}

int signalfd(int fd, const sigset_t* signals, int flags) noexcept {
  static const auto kReal = real<int (*)(int, const sigset_t*, int)>("signalfd");
  return call_or_refuse(SystemCall::kSignalfd, kReal, fd, signals, flags);
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  using Spawn = int (*)(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*,
                        char* const*);
  static const auto kReal = real<Spawn>("posix_spawn");
  const int error = manta::refusal_of(SystemCall::kPosixSpawn);
  return error != 0 ? error : kReal(pid, path, actions, attributes, arguments, environment);
}

pid_t fork() noexcept {
  static const auto kReal = real<pid_t (*)()>("fork");
  const bool is_refused_some = manta::workers_left > 0;
  const pid_t pid = call_or_refuse(SystemCall::kFork, kReal);
  if (pid > 0 && is_refused_some) --manta::workers_left;
  if (pid != 0) return pid;
  static_cast<void>(manta::grant_calls());
  if (is_refused_some) manta::refuse_calls(manta::refused_of_workers);
  return 0;
}
}

#endif
