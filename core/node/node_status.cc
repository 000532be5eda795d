// SPDX-License-Identifier: Apache-2.0
// What there is, for people to look at.
#include <errno.h>
#include <unistd.h>

#include <algorithm>

#include "core/node/node.h"

namespace manta {
namespace {

std::string running_in(WorkerRecord& worker) {
  const Call* call = worker.in_flight.oldest();
  return call != nullptr ? std::string(call->name) : std::string();
}

}  // namespace

Result<RuntimeStatus> Node::status() {
  const std::lock_guard lock(mutex_);
  return status_now();
}

bool Node::wait(const std::function<bool()>& done, TimePoint deadline) {
  if (!trace_) return completion_.wait(done, deadline);
  if (done()) return true;
  const TraceSpan span(trace_.get(), {.kind = TraceEvent::Kind::kWait});
  return completion_.wait(done, deadline);
}

RuntimeStatus Node::status_now() {
  RuntimeStatus status{.pid = ::getpid(),
                       .node = static_cast<std::uint32_t>(ids_.node()),
                       .program = program_invocation_short_name,
                       .uptime_seconds = to_seconds(clock_->now() - started_),
                       .cpus = machine().cpus,
                       .gpus = machine().gpus.size(),
                       .store_bytes_used = arena_->used(),
                       .store_bytes_capacity = arena_->capacity(),
                       .queued_tasks = tasks_.size()};
  for (const auto& [id, worker] : workers_) {
    const bool is_idle = std::find(idle_workers_.begin(), idle_workers_.end(), id) != idle_workers_.end();
    const char* state = worker->is_blocked ? "blocked" : worker->actor != 0 ? "actor" : is_idle ? "idle" : "task";
    status.workers.push_back({.pid = worker->pid,
                              .label = worker->output.label(),
                              .state = state,
                              .calls = worker->in_flight.size() + direct_calls_of(id),
                              .objects = worker->references.object_count(),
                              .unsent_messages = worker->outbox.size(),
                              .running = running_in(*worker)});
  }
  for (const auto& [id, worker] : stuck_)
    status.workers.push_back(
        {.pid = worker->pid, .label = worker->output.label(), .state = "stuck", .running = worker->stuck_in});
  for (const auto& [id, actor] : actors_) {
    const auto worker = workers_.find(actor.worker);
    const auto owner = workers_.find(actor.owner);
    const bool has_worker = worker != workers_.end();
    status.actors.push_back(
        {.id = id,
         .name = actor.spec.name,
         .type = actor.spec.type,
         .state = actor.died          ? "dead"
                  : actor.worker == 0 ? "pending"
                                      : "alive",
         .pid = status_of(id).pid,
         .owner_pid = owner == workers_.end() ? 0 : owner->second->pid,
         .queued_calls =
             actor.queue.size() + (has_worker ? worker->second->in_flight.size() + direct_calls_of(actor.worker) : 0),
         .restarts_left = actor.restarts_left,
         .running = has_worker ? running_in(*worker->second) : std::string()});
  }
  add_objects(status);
  return status;
}

}  // namespace manta
