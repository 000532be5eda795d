// SPDX-License-Identifier: Apache-2.0
#include "core/worker/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "core/base/check.h"
#include "core/base/child_processes.h"
#include "core/base/failpoint.h"
#include "core/base/fork_guard.h"
#include "core/net/spawn_request.h"
#include "core/placement/memory_groups.h"
#include "core/worker/crash_report.h"
#include "core/worker/worker_process.h"

namespace manta {
namespace {

constexpr const char* kOomScore = "/proc/self/oom_score_adj";

// The kernel should end something else when memory runs out: with this process all workers would go. A process without
// privileges may not go below where it, or who started it, has been put by one with; 0 is worth a try, where the driver
// has been raised. Gives what it was: the driver's.
int lower_oom_score() {
  int before = 0;
  std::ifstream(kOomScore) >> before;
  for (const int wanted : {-900, 0}) {
    if (before <= wanted) break;
    if (std::ofstream file(kOomScore); file << wanted << std::flush) break;
  }
  return before;
}

// Ends a process, and before it what is below it: were a guardian the first, and this process were killed then, nobody
// would be left to end what had left its parent.
void kill_tree(pid_t root, int depth = 0) {
  constexpr int kDeepest = 16;
  std::array<pid_t, 64> children;
  const std::size_t count = depth < kDeepest ? child_processes_of(root, children) : 0;
  for (const pid_t child : std::span(children).first(count)) kill_tree(child, depth + 1);
  ::kill(root, SIGKILL);
  failpoint("forks.orphan_killed");
}

// The system does not give what this process cannot do without.
[[noreturn]] void refuse_to_run(const Error& error) {
  static_cast<void>(std::fprintf(stderr, "manta: this process cannot start: %s\n", error.message.c_str()));
  ::_exit(1);
}

class ForkServer {
 public:
  ForkServer(std::size_t store_size, pid_t node) : store_size_(store_size), node_(node) {}

  [[noreturn]] void run();

 private:
  struct Received {
    SpawnRequest request;
    UniqueFd link;
    UniqueFd output;
  };

  std::optional<Received> receive();
  void spawn(Received received);
  bool make_group(const SpawnRequest& request);
  [[noreturn]] void become_worker(Received received, pid_t server);
  void reap();
  void notify(const SpawnNotice& notice);
  void send_notices();
  [[noreturn]] void end();
  void kill_orphans();
  void watch(pid_t worker);
  void end_tracers();

  const std::size_t store_size_;
  const pid_t node_;
  int driver_oom_score_ = 0;
  int signals_ = -1;
  int ends_ = -1;  // An epoll of workers' ends.
  std::map<pid_t, UniqueFd> watched_;
  std::map<pid_t, std::uint64_t> workers_;
  std::optional<MemoryGroups> groups_;  // Of limited workers; none: there has been none, or groups cannot be made.
  std::set<std::uint64_t> grouped_;     // Workers that have one.
  std::deque<SpawnNotice> unsent_;
};

void ForkServer::run() {
  ::prctl(PR_SET_NAME, "manta-forks");
  driver_oom_score_ = lower_oom_score();
  // What a dead worker leaves behind comes to this process, so that none escapes.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGCHLD}) sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0) refuse_to_run(system_error("signalfd", errno));
  ends_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (ends_ < 0) refuse_to_run(system_error("epoll_create1", errno));
  for (const int fd : {kControlFd, kArenaFd, kNodePageFd}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (::getppid() != node_) end();  // It died before the death signal was set.
  for (;;) {
    const short wanted = unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
    std::array<pollfd, 3> ready = {{{kControlFd, wanted, 0}, {signals_, POLLIN, 0}, {ends_, POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents != 0) {
      signalfd_siginfo info{};
      while (::read(signals_, &info, sizeof info) == sizeof info) {
      }
      // Who ends all processes of a job ends the driver too, and that one says what becomes of its workers.
      if (::getppid() != node_) end();
      reap();
    }
    if (ready[2].revents != 0) end_tracers();
    if ((ready[0].revents & POLLOUT) != 0) send_notices();
    if ((ready[0].revents & ~POLLOUT) == 0) continue;
    auto received = receive();
    if (!received) end();
    spawn(std::move(*received));
  }
}

// None: the node is gone, or what it says is none of what a node says. Without its descriptors: this process may have
// no more.
std::optional<ForkServer::Received> ForkServer::receive() {
  Received received;
  std::array<std::byte, sizeof(SpawnRequest)> bytes;
  iovec data{bytes.data(), bytes.size()};
  alignas(cmsghdr) char space[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t count = 0;
  do count = ::recvmsg(kControlFd, &message, MSG_CMSG_CLOEXEC);
  while (count < 0 && errno == EINTR);
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  int descriptors[2] = {-1, -1};
  if (rights != nullptr)
    std::memcpy(descriptors, CMSG_DATA(rights), std::min(rights->cmsg_len - CMSG_LEN(0), sizeof descriptors));
  received.link.reset(descriptors[0]);
  received.output.reset(descriptors[1]);
  const auto length = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  const auto request = read_spawn_request(std::span(bytes).first(length));
  if (!request) return std::nullopt;
  received.request = *request;
  return received;
}

void ForkServer::spawn(Received received) {
  const std::uint64_t worker = received.request.worker;
  if (!received.link || !received.output)
    return notify({.kind = SpawnNotice::Kind::kStarted, .pid = -1, .wait_status = EMFILE, .worker = worker});
  const pid_t server = ::getpid();
  if (make_group(received.request)) grouped_.insert(worker);
  const pid_t pid = ::fork();
  if (pid == 0) become_worker(std::move(received), server);
  if (pid > 0) {
    ::setpgid(pid, pid);  // Here too: the node may kill the group before the child has made it.
    workers_[pid] = worker;
    watch(pid);
  } else if (grouped_.erase(worker) > 0) {
    groups_->remove(node_, worker);
  }
  notify({.kind = SpawnNotice::Kind::kStarted, .pid = pid, .wait_status = pid > 0 ? 0 : errno, .worker = worker});
}

// False: the worker has no limit, or is left to the node's looking.
bool ForkServer::make_group(const SpawnRequest& request) {
  if (request.memory_limit == 0 || request.use_cgroup == 0) return false;
  if (!groups_) {
    groups_ = MemoryGroups::find();
    if (groups_) groups_->remove_all_of(node_);  // Of a server before this one.
  }
  return groups_ && groups_->make(node_, request.worker, request.memory_limit);
}

void ForkServer::become_worker(Received received, pid_t server) {
  ::setpgid(0, 0);
  if (grouped_.contains(received.request.worker)) groups_->join(node_, received.request.worker);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != server) ::_exit(1);
  // What its children leave behind stays with this process, and goes to the fork server, to be killed, only when it
  // ends.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const SpawnRequest request = received.request;
  ::prctl(PR_SET_NAME, request.name);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::close(signals_);
  ::close(ends_);
  watched_.clear();
  ::close(kControlFd);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(received.output.get(), STDOUT_FILENO);
  ::dup2(received.output.get(), STDERR_FILENO);
  // For the report of a crash, should user code turn its output to a file.
  ::dup3(received.output.get(), kOutputFd, O_CLOEXEC);
  received.output.reset();
  // What was printed before a death is to be seen, also a line that was not ended, whatever the death: no buffer.
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  ::setenv("CUDA_VISIBLE_DEVICES", request.visible_devices, 1);
  const std::string cpus = std::to_string(request.cpus);
  ::setenv("MANTA_CPUS", cpus.c_str(), 1);
  // Read by programs that the worker starts; libraries that are loaded already have to be told
  // (manta::torch::setup_trial).
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    if (request.cpus > 1) ::setenv(name, cpus.c_str(), 1);
  // When memory runs out, a worker goes rather than the driver.
  std::ofstream(kOomScore) << std::min(1000, std::max(0, driver_oom_score_) + 500);

  auto link = SharedMemory::map(std::move(received.link), LinkLayout::kTotalBytes, SharedMemory::Access::kReadWrite);
  auto page = SharedMemory::map(UniqueFd(kNodePageFd), NodePage::kTotalBytes, SharedMemory::Access::kReadWrite);
  auto store = SharedMemory::map(UniqueFd(kArenaFd), store_size_, SharedMemory::Access::kRead);
  for (const auto* memory : {&link, &page, &store})
    if (!*memory) refuse_to_run(memory->error());
  install_crash_report(request.name, kOutputFd);
  MemoryReserve::open();
  static_cast<void>(no_memory_object());
  const auto process =
      std::make_shared<WorkerProcess>(request.worker, std::move(*link), std::move(*page), std::move(*store));
  guard_forks();
  WorkerProcess::set_current(process);
  process->run();
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(0);  // No exit handlers: they belong to the fork server, of which this process is a copy.
}

void ForkServer::notify(const SpawnNotice& notice) {
  unsent_.push_back(notice);
  send_notices();
}

// Never waits: the node may be waiting itself, for its requests to be taken. If it is gone, receive() will find out.
void ForkServer::send_notices() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(kControlFd, &unsent_.front(), sizeof unsent_.front(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    unsent_.pop_front();
  }
}

void ForkServer::reap() {
  for (bool any = false;; any = true) {
    siginfo_t info{};
    // Look first: until it is reaped, the number cannot belong to another process or group.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
      if (any) kill_orphans();
      if (groups_) groups_->remove_rest();
      return;
    }
    const auto worker = workers_.find(info.si_pid);
    if (worker != workers_.end()) ::kill(-info.si_pid, SIGKILL);  // Whatever it has started goes with it.
    watched_.erase(info.si_pid);
    int status = 0;
    rusage usage{};
    ::wait4(info.si_pid, &status, 0, &usage);
    if (worker == workers_.end()) continue;
    SpawnNotice notice{.kind = SpawnNotice::Kind::kExited,
                       .pid = info.si_pid,
                       .wait_status = status,
                       .peak_memory_bytes = usage.ru_maxrss * 1024,
                       .worker = worker->second};
    if (grouped_.erase(notice.worker) > 0) {
      const MemoryGroups::Usage group = groups_->usage(node_, notice.worker);
      notice.group_peak_bytes = group.peak;
      notice.group_oom_kills = group.oom_kills;
      groups_->remove(node_, notice.worker);
    }
    notify(notice);
    workers_.erase(worker);
  }
}

// Kills what has come to this process from dead workers: each worker keeps what its own children leave behind. The
// death of one may bring others here; each death leads here again.
void ForkServer::kill_orphans() {
  std::array<pid_t, 1024> children;
  const std::size_t count = child_processes(children);
  for (const pid_t child : std::span(children).first(count))
    if (!workers_.contains(child)) kill_tree(child);
}

// Of a worker that a child of its own traces, the end is told to that child alone, which need not care.
void ForkServer::watch(pid_t worker) {
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, worker, 0)));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.fd = worker}};
  if (process && ::epoll_ctl(ends_, EPOLL_CTL_ADD, process.get(), &event) == 0) watched_[worker] = std::move(process);
}

// Workers have ended. What has come here from them is killed; with the last that traces one, its end comes here.
void ForkServer::end_tracers() {
  std::array<epoll_event, 16> ended;
  const int count = ::epoll_wait(ends_, ended.data(), static_cast<int>(ended.size()), 0);
  for (int i = 0; i < count; ++i) {
    const pid_t worker = ended[static_cast<std::size_t>(i)].data.fd;
    if (workers_.contains(worker)) ::kill(-worker, SIGKILL);
  }
  reap();
  kill_orphans();
}

void ForkServer::end() {
  for (const auto& [pid, worker] : workers_) ::kill(-pid, SIGKILL);
  // Each death may bring more children here: go on until there are none.
  constexpr int kRounds = 1000;
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 5'000'000};
  for (int round = 0; round < kRounds; ++round) {
    pid_t reaped = 0;
    while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0) break;
    kill_orphans();
    // SIGCHLD is blocked: this returns at once when a child ends.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ::sigtimedwait(&set, nullptr, &kPause);
  }
  if (groups_) groups_->remove_all_of(node_);
  ::_exit(0);
}

}  // namespace

void run_fork_server(const char* variable) {
  std::size_t store_size = 0;
  int node = 0;
  MANTA_CHECK(std::sscanf(variable, "%zu %d", &store_size, &node) == 2, "the fork server's settings are damaged");
  ::unsetenv(kForkServerVariable);  // A program that a worker starts may use Manta itself.
  prepare_crash_report();
  ForkServer(store_size, node).run();
}

}  // namespace manta
