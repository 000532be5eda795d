// SPDX-License-Identifier: Apache-2.0
// Workers that SIGKILL does not end: a call of the kernel does not return, as of a file on a server that is gone.
#include <sys/epoll.h>

#include "core/base/process_state.h"
#include "core/node/node.h"

namespace manta {

// The process thread may sleep until it is to look after this one.
void Node::kill_worker(WorkerRecord& worker, std::string_view because) {
  worker.kill(because);
  if (worker.pid <= 0 || worker.give_up_at) return;
  worker.give_up_at = clock_->now() + kStuckAfter;
  wake_process_thread();
}

// Who waits for such a worker gets an error. What it has of the machine stays taken, and its memory as it is, of which
// the kernel may still write some.
void Node::give_up_on_stuck() {
  std::vector<std::pair<std::uint64_t, pid_t>> overdue;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_->now();
    for (const auto& [id, worker] : workers_)
      if (worker->give_up_at && *worker->give_up_at <= now) overdue.emplace_back(id, worker->pid);
  }
  for (const auto& [id, pid] : overdue) give_up_on(id, describe_process(pid));
}

void Node::give_up_on(std::uint64_t id, const std::string& state) {
  std::string cause;
  {
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(id);
    if (it == workers_.end()) return;
    WorkerRecord& worker = *it->second;
    worker.give_up_at.reset();
    worker.stuck_in = state;
    cause = worker.killed_because + ", but has not ended " +
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(kStuckAfter).count()) +
            " s later: " + state;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, worker.output.fd(), nullptr);
    printer_->offer("manta: " + worker.output.label() + " (pid " + std::to_string(worker.pid) + ") " + cause +
                    "; what it has of the machine is not given to others until it ends\n");
  }
  fail_worker(id, cause);
}

void Node::end_stuck(std::uint64_t id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const auto it = stuck_.find(id);
    if (it == stuck_.end()) return;
    drain_resources(*it->second);
    stuck_.erase(it);
    if (!closing_) place_all(deferred);
  }
  carry_out(std::move(deferred));
}

}  // namespace manta
