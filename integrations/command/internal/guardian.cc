// SPDX-License-Identifier: Apache-2.0
// Two processes below the worker: the guardian, and the command.
#include "integrations/command/internal/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/child_processes.h"

namespace manta::internal {

namespace {

constexpr int kExecFailed = 126;
// Where the socket is: in the places of standard input, output and error, so that no other descriptor comes there.
constexpr int kSocket = 0;
constexpr int kCommandFds = 3;

// What is to be run: pointers into the memory of a Text.
struct Command {
  std::array<int, kCommandFds> fds;
  char** words;  // Null at the end, as the other two are; the first is null if there are none.
  char** shell;
  char** variables;
};

// Memory for one request after the other; new and delete are not for a fork.
class Text {
 public:
  // Null: there is no memory.
  char* room(std::size_t bytes) {
    if (bytes <= size_) return data_;
    if (data_ != nullptr) munmap(data_, size_);
    void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data_ = mapped == MAP_FAILED ? nullptr : static_cast<char*>(mapped);
    size_ = data_ == nullptr ? 0 : bytes;
    return data_;
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Every descriptor from `first` on: the worker's sockets and shared memory must not live on in its children.
void close_from(int first) {
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0u, 0u) == 0) return;
  const int limit = static_cast<int>(sysconf(_SC_OPEN_MAX));  // Linux before 5.9.
  for (int fd = first; fd < limit; ++fd) close(fd);
}

// The commands inherit this.
void reset_signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 65; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// False: the owner is gone. `fds` are those that came with the request, if it has any.
bool receive(GuardianRequest& request, std::array<int, kCommandFds>& fds) {
  iovec data{&request, sizeof request};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof fds)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t count = 0;
  do {
    count = recvmsg(kSocket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof request) return false;
  if (request.kind != GuardianRequest::Kind::kRun) return true;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  if (rights == nullptr || rights->cmsg_len != CMSG_LEN(sizeof fds)) return false;
  std::memcpy(fds.data(), CMSG_DATA(rights), sizeof fds);
  return true;
}

bool read_all(char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = recv(kSocket, bytes, size, MSG_WAITALL);
    if (count == 0 || (count < 0 && errno != EINTR)) return false;
    if (count < 0) continue;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

// Reads the texts behind `request` into `text` and points `command` at them. False: the owner is gone, or memory is.
bool read_texts(const GuardianRequest& request, Text& text, Command& command) {
  static char sh[] = "/bin/sh";
  static char option[] = "-c";
  const std::size_t pointers = request.words + 1 + 4 + request.variables + 1;
  char* const room = text.room(pointers * sizeof(char*) + request.bytes);
  if (room == nullptr) return false;
  char* next = room + pointers * sizeof(char*);
  if (!read_all(next, request.bytes)) return false;
  const auto take = [&] {
    char* const taken = next;
    next += std::strlen(next) + 1;
    return taken;
  };
  char** pointer = reinterpret_cast<char**>(room);
  command.words = pointer;
  for (std::uint32_t index = 0; index < request.words; ++index) *pointer++ = take();
  *pointer++ = nullptr;
  command.shell = pointer;
  for (char* const word : {sh, option, take(), static_cast<char*>(nullptr)}) *pointer++ = word;
  command.variables = pointer;
  for (std::uint32_t index = 0; index < request.variables; ++index) *pointer++ = take();
  *pointer = nullptr;
  return true;
}

[[noreturn]] void execute(const Command& command, pid_t guardian) {
  setpgid(0, 0);
  // Should the guardian itself be killed, the command goes too.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guardian) _exit(kExecFailed);
  for (int fd = 0; fd < kCommandFds; ++fd) dup2(command.fds[static_cast<std::size_t>(fd)], fd);
  close_from(kCommandFds);
  if (command.words[0] != nullptr) execve(command.words[0], command.words, command.variables);
  // Here too if the program could not be executed: the shell says what is wrong with it, or knows what to do.
  execve(command.shell[0], command.shell, command.variables);
  _exit(kExecFailed);
}

// Waits until the command is a zombie or the owner wants its end, by its word or because it is gone: both are for
// receive() to read.
void wait_for_end(int process_fd) {
  pollfd watched[2] = {{kSocket, POLLIN, 0}, {process_fd, POLLIN, 0}};
  while (poll(watched, 2, -1) < 0 && errno == EINTR) {
  }
}

// Kills and reaps whoever is left of the command: what left its group has come to this process.
void end_the_rest() {
  pid_t children[256];
  while (true) {
    const pid_t reaped = waitpid(-1, nullptr, WNOHANG);
    if (reaped > 0) continue;
    const std::size_t count = reaped == 0 ? child_processes(children) : 0;  // Below 0: there are none.
    if (count == 0) return;
    for (std::size_t index = 0; index < count; ++index) kill(children[index], SIGKILL);
    for (std::size_t index = 0; index < count; ++index) {
      while (waitpid(children[index], nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

GuardianAnswer run(const Command& command) {
  const pid_t self = getpid();
  // Shares the memory until the command is there: a copy of the page tables would cost more than the rest.
  const pid_t process = vfork();
  if (process == 0) execute(command, self);
  const int error = errno;
  // The pipes' write ends would keep the owner from seeing the end of the output.
  for (const int fd : command.fds) close(fd);
  if (process < 0) return {.error = error};

  const int process_fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  wait_for_end(process_fd);
  close(process_fd);
  kill(-process, SIGKILL);  // Before it is reaped: its number, the group's, cannot have been given to another.
  GuardianAnswer answer;
  while (waitpid(process, &answer.wait_status, 0) < 0 && errno == EINTR) {
  }
  end_the_rest();
  return answer;
}

}  // namespace

void run_guardian(int socket) {
  // A session of its own: neither a terminal's Ctrl-C nor a kill of the worker's group may take the guardian before it
  // has done its duty.
  setsid();
  reset_signals();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int kept = fcntl(socket, F_DUPFD, kCommandFds);
  for (int fd = 0; fd < kCommandFds; ++fd) dup2(kept, fd);
  close_from(kCommandFds);
  Text text;
  GuardianRequest request;
  Command command{};
  while (receive(request, command.fds)) {
    if (request.kind == GuardianRequest::Kind::kEnd) continue;  // What it was to end has ended.
    if (!read_texts(request, text, command)) break;
    const GuardianAnswer answer = run(command);
    send(kSocket, &answer, sizeof answer, MSG_NOSIGNAL);  // Fails if the owner is gone, which receive() will find.
  }
  _exit(0);
}

}  // namespace manta::internal
