// SPDX-License-Identifier: Apache-2.0
#include "core/node/fork_server_client.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/node/marked_processes.h"
#include "core/placement/memory_groups.h"

extern char** environ;

namespace manta {
namespace {

constexpr int kStopMilliseconds = 10'000;
constexpr std::string_view kMarkPrefix = "MANTA_RUNTIME=";

// What the server and all that comes from it have in their environment, and nobody else.
std::string new_mark() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::string(kMarkPrefix) + std::to_string(::getpid()) + "-" + std::to_string(now.tv_sec) + "." +
         std::to_string(now.tv_nsec);
}

// The environment of the server: ours, and where to find the node. The libraries' thread pools must not start in a
// process that forks, so they are limited before they are loaded, unless the user has decided.
std::vector<std::string> server_environment(const ForkServerClient::Memory& memory, const std::string& mark) {
  std::vector<std::string> environment;
  const std::string prefix = std::string(kForkServerVariable) + "=";
  for (const char* const* variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with(prefix) && !text.starts_with(kMarkPrefix)) environment.emplace_back(text);
  }
  environment.push_back(prefix + std::to_string(memory.arena_size) + " " + std::to_string(::getpid()));
  environment.push_back(mark);
  for (const std::string name : {"OMP_NUM_THREADS=", "OPENBLAS_NUM_THREADS=", "MKL_NUM_THREADS="})
    if (std::none_of(environment.begin(), environment.end(), [&](const auto& v) { return v.starts_with(name); }))
      environment.push_back(name + "1");
  return environment;
}

// posix_spawn's attributes and file actions, freed together.
struct SpawnSettings {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);  // The driver may have blocked signals; user code must not feel it.
    posix_spawnattr_setpgroup(&attributes, 0);       // Ctrl-C at the terminal is the driver's alone.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
};

}  // namespace

ForkServerClient::~ForkServerClient() { stop(); }

Result<void> ForkServerClient::start(const Memory& memory) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return system_error("socketpair", errno);
  control_.reset(ends[0]);
  const UniqueFd server_end(ends[1]);
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, server_end.get(), kControlFd);
  posix_spawn_file_actions_adddup2(&settings.actions, memory.arena_fd, kArenaFd);
  posix_spawn_file_actions_adddup2(&settings.actions, memory.node_page_fd, kNodePageFd);
  mark_ = new_mark();
  const std::vector<std::string> environment = server_environment(memory, mark_);
  std::vector<char*> pointers;
  for (const std::string& variable : environment) pointers.push_back(const_cast<char*>(variable.c_str()));
  pointers.push_back(nullptr);
  const int failure =
      ::posix_spawn(&pid_, "/proc/self/exe", &settings.actions, &settings.attributes, argv_, pointers.data());
  if (failure == 0) return {};
  pid_ = -1;
  return system_error("posix_spawn of the fork server", failure);
}

Result<void> ForkServerClient::request(const SpawnRequest& request, int link_fd, int output_fd) {
  if (request.memory_limit > 0 && request.use_cgroup != 0) has_limited_workers_ = true;
  iovec data{const_cast<SpawnRequest*>(&request), sizeof request};
  alignas(cmsghdr) char space[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int descriptors[2] = {link_fd, output_fd};
  std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
  ssize_t sent = 0;
  do sent = ::sendmsg(control_.get(), &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {};
  if (errno == EPIPE || errno == ECONNRESET) return Error{ErrorCode::kWorkerDied, "the fork server is gone"};
  return system_error("asking the fork server for a worker", errno);
}

Result<std::optional<SpawnNotice>> ForkServerClient::receive() {
  std::array<std::byte, sizeof(SpawnNotice)> bytes;
  const ssize_t count = ::recv(control_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::optional<SpawnNotice>();
  // One that is damaged counts as gone: it is replaced.
  const auto length = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (const auto notice = read_spawn_notice(std::span(bytes).first(length))) return notice;
  return Error{ErrorCode::kWorkerDied, "the fork server is gone"};
}

void ForkServerClient::kill(pid_t worker) { ::kill(-worker, SIGKILL); }

void ForkServerClient::stop() {
  if (pid_ < 0) return;
  ::shutdown(control_.get(), SHUT_RDWR);
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (process && ::poll(&ended, 1, kStopMilliseconds) == 0) ::kill(pid_, SIGKILL);
  // The user's program may have reaped it already: then nobody knows how it ended.
  int status = 0;
  pid_t reaped = 0;
  do reaped = ::waitpid(pid_, &status, 0);
  while (reaped < 0 && errno == EINTR);
  const bool has_cleaned_up = reaped == pid_ && WIFEXITED(status);
  if (!has_cleaned_up) kill_marked_processes(mark_);
  pid_ = -1;
  if (has_limited_workers_) remove_memory_groups();
}

// The server removes what it has made, unless it was killed.
void ForkServerClient::remove_memory_groups() {
  std::optional<MemoryGroups> groups = MemoryGroups::find();
  if (!groups) return;
  groups->remove_all_of(::getpid());
  constexpr int kRounds = 200;
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 5'000'000};
  for (int round = 0; round < kRounds && !groups->remove_rest(); ++round) ::nanosleep(&kPause, nullptr);
}

}  // namespace manta
