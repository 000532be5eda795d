// SPDX-License-Identifier: Apache-2.0
// Tasks and calls of actors that take longer than they may.
#include <algorithm>
#include <string>

#include "core/net/function_table.h"
#include "core/node/node.h"

namespace manta {
namespace {

constexpr std::string_view kTooLong = " had run longer than its timeout";

}  // namespace

void Node::give_time(WorkerRecord& worker, Duration timeout) {
  if (timeout <= Duration::zero()) return;
  const TimePoint start = now();  // Some say "never" by the longest time there is.
  worker.deadline = start + std::min(timeout, TimePoint::max() - start);
  wake_process_thread();
}

void Node::kill_overdue() {
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_->now();
  for (auto& [id, worker] : workers_) {
    if (!worker->deadline || *worker->deadline > now) continue;
    worker->deadline.reset();
    if (worker->actor != 0) {
      judge_calls(*worker, now);
    } else {
      worker->is_timed_out = true;
      kill_worker(*worker, "was killed because its task" + std::string(kTooLong));
    }
  }
  kill_oversized(now);
}

// Calls come and go without the node: it looks again when the oldest that runs now would have had its time.
void Node::judge_calls(WorkerRecord& worker, TimePoint now) {
  constexpr Duration kLeast = std::chrono::milliseconds(10);  // Between two looks at an actor that does nothing.
  const ActorRecord* actor = find_actor(worker.actor);
  if (actor == nullptr || !worker.killed_because.empty()) return;
  const Duration timeout = actor->spec.timeout;
  const auto& link = *layout_of<LinkLayout>(worker.link_memory);
  const std::int64_t since = link.running_since.load();
  const TimePoint begun = since > 0 ? std::min(now, TimePoint(Duration(since))) : now;
  const TimePoint end = begun + std::min(timeout, TimePoint::max() - begun);
  if (end > now) {
    worker.deadline = since > 0 ? end : std::max(end, now + kLeast);
    return;
  }
  const FunctionEntry* function = find_function(link.running_function.load());
  const std::string name(function != nullptr ? function->name : "a call");
  kill_worker(worker, "was killed because " + name + std::string(kTooLong));
}

}  // namespace manta
