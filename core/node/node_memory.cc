// SPDX-License-Identifier: Apache-2.0
// Memory: workers with a limit, and what the object store lends to workers.
#include <signal.h>
#include <sys/wait.h>

#include "core/base/process_memory.h"
#include "core/node/death_cause.h"
#include "core/node/node.h"

namespace manta {

void Node::kill_oversized(TimePoint now) {
  for (const MemoryWatch::Excess& excess : memory_watch_.look(now))
    if (const auto it = workers_.find(excess.worker); it != workers_.end())
      kill_worker(*it->second, over_limit_cause(excess.found, excess.limit));
}

std::string Node::cause_of(const SpawnNotice& notice, const WorkerRecord& worker) {
  DeathCircumstances circumstances{.memory_limit = worker.memory_limit};
  if (WIFSIGNALED(notice.wait_status) && WTERMSIG(notice.wait_status) == SIGKILL) {
    const std::optional<std::uint64_t> kills = kernel_oom_kills();
    circumstances.kernel_freed_memory = kills && *kills > oom_kills_seen_;
    oom_kills_seen_ = kills.value_or(0);
  }
  return death_cause(notice, circumstances);
}

void Node::lend_chunk(WorkerRecord& worker, const MessageHeader& request, Deferred& deferred) {
  const auto range = worker.memory.lend(request.b);
  if (range) {
    send_chunk(worker, request.call, *range, deferred);
  } else if (request.b > arena_->capacity()) {
    refuse(worker, request.call, range.error());
  } else {
    deferred.chunks.push_back({worker.id, request.call, request.b});
  }
}

void Node::send_chunk(WorkerRecord& worker, std::uint64_t request, Arena::Range range, Deferred& deferred) {
  // Pages count for the cgroup of whoever touches them first, and the store's are no worker's own.
  if (worker.memory_limit > 0) {
    deferred.lends.push_back({.worker = worker.id, .request = request, .range = range});
  } else {
    reply(worker, request, range.offset, range.size);
  }
}

void Node::carry_out_lend(const Deferred::Lend& lend) {
  arena_->populate(lend.range);
  const std::lock_guard lock(mutex_);
  if (const auto it = workers_.find(lend.worker); it != workers_.end())
    reply(*it->second, lend.request, lend.range.offset, lend.range.size);
}

}  // namespace manta
