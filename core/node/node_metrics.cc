// SPDX-License-Identifier: Apache-2.0
// What the node counts, and who is told of it.
#include "core/node/node.h"

namespace manta {

Result<void> Node::start_looking(const std::string& trace_file, MetricsExport::Options metrics) {
  if (!trace_file.empty()) {
    MANTA_ASSIGN_OR_RETURN(trace_, TraceFile::open(trace_file, started_));
    store_->on_spilled([this](TimePoint begin, std::uint64_t bytes) {
      trace_->add({.kind = TraceEvent::Kind::kSpill,
                   .thread = TraceSpan::thread_number(),
                   .begin_ns = begin.time_since_epoch().count(),
                   .duration_ns = (std::chrono::steady_clock::now() - begin).count(),
                   .bytes = bytes});
    });
  }
  if (metrics.is_wanted()) {
    MANTA_ASSIGN_OR_RETURN(metrics_export_,
                           MetricsExport::start(std::move(metrics), [this] { return this->metrics(); }));
  }
  return {};
}

// Once all workers have ended, so that the last of what they did is told.
void Node::stop_looking() {
  metrics_export_.reset();
  if (trace_) trace_->finish();  // Other threads may still add to it.
}

void Node::count_answer(WorkerRecord& worker, const Message& message, const Call& call) {
  const bool failed = message.header.type == MessageType::kFailure;
  if (call.type == MessageType::kRunTask) ++(failed ? counts_.tasks_failed : counts_.tasks_finished);
  if (call.type == MessageType::kCallMethod) ++(failed ? counts_.actor_calls_failed : counts_.actor_calls_finished);
  if (worker.timed_call != message.header.call) return;
  worker.timed_call = 0;
  counts_.call_latency.observe(std::chrono::steady_clock::now() - worker.timed_since);
}

RuntimeGauges Node::gauges() {
  const ObjectStore::Usage usage = store_->usage();
  RuntimeGauges gauges{.uptime_seconds = to_seconds(clock_->now() - started_),
                       .cpus = machine().cpus,
                       .workers = {{"actor", 0}, {"blocked", 0}, {"idle", idle_workers_.size()}, {"task", 0}},
                       .actors = {{"alive", 0}, {"dead", 0}, {"pending", 0}},
                       .queued_tasks = tasks_.size(),
                       .store_bytes_used = usage.used,
                       .store_bytes_capacity = usage.capacity,
                       .store_bytes_spilled = usage.spilled,
                       .store_waiting = usage.waiting};
  std::uint64_t active = 0;
  for (const auto& [id, worker] : workers_) {
    gauges.running_calls += worker->in_flight.size() + direct_calls_of(id);
    if (!worker->is_blocked && worker->actor == 0) ++active;
    if (worker->is_blocked || worker->actor != 0) ++gauges.workers[worker->is_blocked ? "blocked" : "actor"];
  }
  gauges.workers["task"] = active - std::min<std::uint64_t>(active, idle_workers_.size());
  for (const auto& [id, actor] : actors_) {
    gauges.queued_actor_calls += actor.queue.size();
    ++gauges.actors[actor.died ? "dead" : actor.worker == 0 ? "pending" : "alive"];
  }
  return gauges;
}

std::string Node::metrics() {
  RuntimeCounts counts;
  RuntimeGauges now;
  {
    const std::lock_guard lock(mutex_);
    counts = counts_;
    direct_.for_each([&](const DirectPair& pair) { count_direct(layout_of_pair(pair), false, counts); });
    now = gauges();
  }
  now.objects = objects_.snapshot().size();
  return metrics_text(counts, now);
}

}  // namespace manta
