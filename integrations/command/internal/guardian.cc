// SPDX-License-Identifier: Apache-2.0
// Two processes below the worker: the guardian, and the shell.
#include "integrations/command/internal/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/child_processes.h"

namespace manta::internal {

namespace {

constexpr int kExecFailed = 126;

// Every descriptor from `first` on: the worker's sockets and shared memory must not live on in its children.
void close_from(int first) {
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0u, 0u) == 0) return;
  const int limit = static_cast<int>(sysconf(_SC_OPEN_MAX));  // Linux before 5.9.
  for (int fd = first; fd < limit; ++fd) close(fd);
}

void reset_signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 65; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_shell(const GuardianPlan& plan, pid_t guardian) {
  setpgid(0, 0);
  // Should the guardian itself be killed, the shell goes too.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guardian) _exit(kExecFailed);
  reset_signals();
  dup2(plan.input_fd, STDIN_FILENO);
  dup2(plan.output_fd, STDOUT_FILENO);
  dup2(plan.error_fd, STDERR_FILENO);
  close_from(STDERR_FILENO + 1);
  execve(plan.arguments[0], const_cast<char* const*>(plan.arguments), const_cast<char* const*>(plan.environment));
  _exit(kExecFailed);
}

// Waits until the shell is a zombie or the lifeline is cut.
void wait_for_end(int lifeline, int shell_fd) {
  pollfd watched[2] = {{lifeline, POLLIN, 0}, {shell_fd, POLLIN, 0}};
  while (poll(watched, 2, -1) < 0 && errno == EINTR) {
  }
}

// Kills and reaps whoever is left of the command: what left the shell's group has come to this process.
void end_the_rest() {
  pid_t children[256];
  for (std::size_t count = 0; (count = child_processes(children)) > 0;) {
    for (std::size_t index = 0; index < count; ++index) kill(children[index], SIGKILL);
    for (std::size_t index = 0; index < count; ++index) {
      while (waitpid(children[index], nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

}  // namespace

void run_guardian(const GuardianPlan& plan) {
  // A session of its own: neither a terminal's Ctrl-C nor a kill of the worker's group may take the guardian before it
  // has done its duty.
  setsid();
  reset_signals();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t self = getpid();
  // Shares the memory until the shell is there: a copy of the page tables would cost more than the rest.
  const pid_t shell = vfork();
  if (shell == 0) run_shell(plan, self);
  if (shell < 0) _exit(kExecFailed);
  setpgid(shell, shell);  // Here as well as in the shell: whoever comes first, the group exists before it is killed.

  const int shell_fd = static_cast<int>(syscall(SYS_pidfd_open, shell, 0));
  // The lowest numbers, so that all others can be closed in one call: above all the pipes' write ends, which would keep
  // the worker from seeing the end of the output.
  const int kept[3] = {fcntl(plan.lifeline_fd, F_DUPFD, 100), fcntl(plan.status_fd, F_DUPFD, 100),
                       fcntl(shell_fd, F_DUPFD, 100)};
  for (int index = 0; index < 3; ++index) dup2(kept[index], index);
  close_from(3);
  wait_for_end(0, 2);

  kill(-shell, SIGKILL);  // Before the shell is reaped: its number, the group's, cannot have been given to another.
  int status = 0;
  while (waitpid(shell, &status, 0) < 0 && errno == EINTR) {
  }
  end_the_rest();
  while (write(1, &status, sizeof status) < 0 && errno == EINTR) {
  }
  _exit(0);
}

}  // namespace manta::internal
