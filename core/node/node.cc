// SPDX-License-Identifier: Apache-2.0
// Its beginning and its end; node_*.cc have the rest of Node.
#include "core/node/node.h"

#include <utility>

#include "core/base/process_memory.h"
#include "core/base/start_thread.h"

namespace manta {

Node::Node(Options options, std::unique_ptr<WorkerLauncher> launcher, std::shared_ptr<ObjectStore> store,
           SharedMemory page)
    : store_(std::move(store)),
      arena_(store_->arena()),
      page_(std::move(page)),
      launcher_(std::move(launcher)),
      clock_(options.pace.clock),
      is_stepped_(options.pace.is_stepped()),
      use_cgroups_(options.use_cgroups),
      log_directory_(std::move(options.log_directory)),
      log_bytes_(options.log_bytes),
      direct_after_(options.direct_after),
      ledger_(std::move(options.machine)),
      gpu_drain_(std::move(options.gpus)),
      attention_(layout_of<NodePage>(page_)->arrivals),
      ids_(options.id),
      lineage_(options.lineage_bytes),
      oom_kills_seen_(kernel_oom_kills().value_or(0)),
      completion_((new (page_.data()) NodePage)->node_bell, CompletionWait::Otherwise::kServiceThread,
                  [this] { return take_messages(); }, [this] { return has_messages(); }, options.pace) {}

Result<std::shared_ptr<Node>> Node::start(Options options, std::unique_ptr<WorkerLauncher> launcher) {
  ObjectStore::Options& settings = options.store;
  if (settings.capacity == 0) settings.capacity = default_store_capacity();
  if (options.pace.is_stepped()) settings.room_timeout = Duration::zero();
  MANTA_ASSIGN_OR_RETURN(std::shared_ptr<ObjectStore> store, ObjectStore::open(settings));
  MANTA_ASSIGN_OR_RETURN(SharedMemory page, SharedMemory::create("manta-node", DirectSlots::kFileBytes));
  const std::string trace_file = options.trace_file;
  MetricsExport::Options metrics = std::move(options.metrics);
  std::shared_ptr<Node> node(new Node(std::move(options), std::move(launcher), std::move(store), std::move(page)));
  node->store_->on_pressure([raw = node.get()] { raw->relieve(); });
  node->store_->on_lost([raw = node.get()](const BlockPtr& lost, const Error& why) { return raw->on_lost(lost, why); });
  if (node->is_stepped_) {
    MANTA_RETURN_IF_ERROR(node->launch());
    return node;
  }
  MANTA_RETURN_IF_ERROR(node->start_looking(trace_file, std::move(metrics)));
  MANTA_RETURN_IF_ERROR(node->start_launcher());
  MANTA_ASSIGN_OR_RETURN(node->service_thread_,
                         start_thread([raw = node.get()] { raw->completion_.serve(raw->stop_); }));
  return node;
}

const Error& Node::shut_down_error() {
  static const Error error{ErrorCode::kCancelled, "the runtime was shut down"};
  return error;
}

Node::~Node() { shut_down(); }  // NOLINT(bugprone-exception-escape): as in the header.

void Node::shut_down() {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    closing_ = true;
    const Error& cancelled = shut_down_error();
    for (Call& task : tasks_) deferred.fail(task, cancelled);
    tasks_.clear();
    for (auto& [id, actor] : actors_) {
      for (Call& call : actor.queue) deferred.fail(call, cancelled);
      actor.queue.clear();
      for (const ObjectPtr& monitor : actor.monitors) deferred.complete(monitor, cancelled);
      actor.monitors.clear();
      if (!actor.died) actor.died = cancelled;
    }
    for (auto& [id, worker] : workers_) {
      fail_in_flight(*worker, cancelled, deferred);
      worker->promises.drain([&](const ObjectPtr& object) { deferred.complete(object, cancelled); });
    }
    for (const DirectPromise& promise : direct_.take_promises([](const auto&, const auto&) { return true; }))
      deferred.complete(promise.object, cancelled);
    // Whoever waits for one, a task too, would do so for ever.
    for (const ObjectPtr& promised : open_promises_.close()) deferred.complete(promised, cancelled);
  }
  carry_out(std::move(deferred));
  stop_ = true;
  wake_process_thread();
  layout_of<NodePage>(page_)->node_bell.ring_all();
  // User code that ends the program in a callback may do so on a thread of the node.
  const bool is_process_thread = process_thread_.get_id() == std::this_thread::get_id();
  join_or_leave(process_thread_);
  layout_of<NodePage>(page_)->node_bell.ring_all();  // Once no worker is left that could write over the first time.
  join_or_leave(service_thread_);
  if (is_stepped_ || is_process_thread) launcher_->stop();
  store_->close();
  std::unique_lock lock(mutex_);
  idle_workers_.clear();
  task_workers_.clear();
  attention_.clear();
  unsent_.clear();
  stuck_.clear();
  workers_.clear();  // Their pids may soon be those of other processes.
  lock.unlock();
  stop_looking();
}

void Node::carry_out(Deferred&& deferred) {
  if (!deferred.output.empty()) printer_->print(deferred.output);
  for (const auto& [log, lines, is_end] : deferred.logs) {
    if (const auto error = log->append(lines)) printer_->print("manta: " + error->message + "\n");
    if (const auto error = is_end ? log->end() : std::nullopt) printer_->print("manta: " + error->message + "\n");
  }
  for (ObjectState::Callbacks& callbacks : deferred.callbacks) callbacks.run();
  if (deferred.any_completed) completion_.notify();
  for (auto& [object, actor] : deferred.waits) object->then([this, id = actor] { resume_actor(id); });
  for (const Deferred::Lend& lend : deferred.lends) carry_out_lend(lend);
  for (Deferred::Watch& watch : deferred.watches) {
    const ObjectPtr& object = watch.object;
    object->then([this, watch] { send_outcome(watch.worker, watch.object, watch.id); });
  }
  for (Call& task : deferred.tasks) submit(std::move(task));
  for (const ChildDeath& death : deferred.deaths) judge_death(death);
  fetch(deferred);
}

}  // namespace manta
