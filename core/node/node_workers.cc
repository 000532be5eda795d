// SPDX-License-Identifier: Apache-2.0
// Worker processes: their start, what they have of the machine, and those that wait for work.
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/node/node.h"

namespace manta {
namespace {

// How many threads the libraries of a worker should use.
std::uint32_t threads_of(const Resources& resources) {
  return static_cast<std::uint32_t>(std::max(1.0, std::floor(resources.cpus)));
}

}  // namespace

// What a worker's libraries are told when it starts, so it can be used again only for the same.
WorkerRecord* Node::find_idle_worker(const std::string& devices, const Resources& resources) {
  const std::uint32_t threads = threads_of(resources);
  for (auto it = idle_workers_.rbegin(); it != idle_workers_.rend(); ++it) {
    WorkerRecord& worker = *workers_.at(*it);
    if (worker.devices != devices || worker.threads != threads || worker.memory_limit != resources.memory) continue;
    idle_workers_.erase(std::next(it).base());
    return &worker;
  }
  return nullptr;
}

Result<WorkerRecord*> Node::spawn_worker(const Resources& resources, const std::string& devices,
                                         const std::string& name) {
  if (fork_server_state_ == ForkServerState::kLost)
    return Error{ErrorCode::kWorkerDied,
                 "no worker can be started: fork servers die without having started one; the limit on open files "
                 "(ulimit -n) "
                 "or on processes (ulimit -u) may be too low"};
  MANTA_ASSIGN_OR_RETURN(SharedMemory memory, SharedMemory::create("manta-link", LinkLayout::kTotalBytes));
  auto* layout = new (memory.data()) LinkLayout;
  layout->arrival_flag = attention_.choose_flag();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno);
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);  // The worker's end stays blocking.
  const std::uint64_t id = ids_.next();
  ++counts_.workers_started;
  if (trace_) MANTA_RETURN_IF_ERROR(trace_->add_worker(id, memory.fd(), name));
  SpawnRequest request{.worker = id,
                       .memory_limit = resources.memory,
                       .use_cgroup = use_cgroups_ ? std::uint32_t{1} : 0,
                       .cpus = threads_of(resources)};
  if (devices.size() >= sizeof request.visible_devices)
    return Error{ErrorCode::kInvalidArgument, "the list of GPU names is too long: " + devices};
  std::memcpy(request.visible_devices, devices.data(), devices.size());
  std::memcpy(request.name, name.data(), std::min(name.size(), sizeof request.name - 1));
  // Before the worker is asked for: one that nobody heard of would never be told to end.
  epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, read_end.get(), &event) != 0) return system_error("epoll_ctl", errno);
  give_bell(*layout);
  if (const auto asked = launcher_->request(request, memory.fd(), write_end.get()); !asked) {
    // The process thread will see that it died, and go on with what waits here.
    if (asked.error().code == ErrorCode::kWorkerDied) fork_server_state_ = ForkServerState::kReplaced;
    bells_.give_back(layout->bell);
    return asked.error();
  }
  auto record = std::make_unique<WorkerRecord>(
      id, *launcher_, std::move(memory), arena_,
      WorkerOutput(std::move(read_end), name,
                   {.escapes = ::isatty(STDERR_FILENO) == 1, .keeps_log = !log_directory_.empty()}));
  if (!log_directory_.empty())
    record->log = std::make_shared<WorkerLog>(
        WorkerLog::path_of(log_directory_, ::getpid(), GlobalId::local(id), name), log_bytes_);
  record->devices = devices;
  record->threads = request.cpus;
  record->memory_limit = request.memory_limit;
  record->flag = layout->arrival_flag;
  record->bell_index = layout->bell;
  if (layout->bell != 0) record->bell = &layout_of<NodePage>(page_)->bell(layout->bell);
  record->unsent = &unsent_;
  attention_.add(*record);
  return (workers_[id] = std::move(record)).get();
}

// The worker's doorbell: where other workers can ring it, too, if there is one left.
void Node::give_bell(LinkLayout& layout) {
  layout.bell = bells_.take();
  if (layout.bell == 0) return;
  layout.direct_after = direct_after_;
  new (&layout_of<NodePage>(page_)->bell(layout.bell)) Doorbell;
}

void Node::release_resources(WorkerRecord& worker) {
  set_blocked(worker, false);
  if (worker.assignment) ledger_.release(*worker.assignment);
  worker.assignment.reset();
}

// As release_resources(), of a worker that has ended; a GPU only when the driver knows nothing of it any more.
void Node::drain_resources(WorkerRecord& worker) {
  set_blocked(worker, false);
  if (!worker.assignment) return;
  std::vector<std::string> devices;
  for (const std::size_t index : worker.assignment->gpu_indices) devices.push_back(machine().gpus[index]);
  if (gpu_drain_.keep(*worker.assignment, std::move(devices), worker.pid, clock_->now())) worker.assignment.reset();
  release_resources(worker);
}

void Node::release_drained() {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const GpuDrain::Outcome outcome = gpu_drain_.look(clock_->now());
    for (const std::string& warning : outcome.warnings) deferred.output += warning + "\n";
    for (const Assignment& assignment : outcome.free) ledger_.release(assignment);
    for (const Assignment& assignment : outcome.lost) ledger_.set_aside(assignment);
    if (!closing_ && !(outcome.free.empty() && outcome.lost.empty())) place_all(deferred);
  }
  carry_out(std::move(deferred));
}

// Workers are kept for tasks to come, as many as could run at once; tasks that wait for tasks may have made more.
void Node::become_idle(WorkerRecord& worker) {
  idle_workers_.push_back(worker.id);
  const auto keep = static_cast<std::size_t>(std::ceil(machine().cpus)) + machine().gpus.size();
  if (idle_workers_.size() <= keep) return;
  builder_.start({.type = MessageType::kStop});
  workers_.at(idle_workers_.front())->send(builder_.bytes());
  idle_workers_.erase(idle_workers_.begin());
}

}  // namespace manta
