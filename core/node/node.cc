// SPDX-License-Identifier: Apache-2.0
// Tasks and placement; node_*.cc have the rest of Node.
#include "core/node/node.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/base/process_memory.h"
#include "core/base/start_thread.h"
#include "core/net/actor_lease.h"

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

namespace {

// How many threads the libraries of a worker should use.
std::uint32_t threads_of(const Resources& resources) {
  return static_cast<std::uint32_t>(std::max(1.0, std::floor(resources.cpus)));
}

}  // namespace

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

void Node::submit(Call&& call) {
  const MemoryReserve::Use reserve;
  Result<void> possible = check_memory(call);
  if (possible) possible = ledger_.check(call.task->resources);
  if (!possible) {
    Deferred deferred;
    deferred.fail(call, possible.error());
    carry_out(std::move(deferred));
    return;
  }
  call.retries_left = call.task->max_retries;
  enqueue_task(std::move(call));
}

// What cannot be carried through is not to be begun. Calls are copied on their way to a worker that does not take them
// at once.
Result<void> Node::check_memory(const Call& call) {
  constexpr std::size_t kMuch = std::size_t{64} << 10;
  if (!MemoryReserve::is_whole()) return no_memory_error(call.name);
  if (call.values.size() <= kMuch) return {};
  return with_memory(call.name, [&] { static_cast<void>(std::make_unique<std::byte[]>(3 * call.values.size())); });
}

// A task joins the queue only when its arguments are ready: one that waits must not keep others from running.
void Node::enqueue_task(Call&& task) {
  const MemoryReserve::Use reserve;
  if (const ObjectPtr pending = task.pending_argument()) {
    auto shared = std::make_shared<Call>(std::move(task));
    pending->then([this, shared] { enqueue_task(std::move(*shared)); });
    return;
  }
  Deferred deferred;
  if (const Error* error = task.failed_argument()) {
    deferred.fail(task, *error);
  } else {
    const std::lock_guard lock(mutex_);
    if (closing_) {
      deferred.fail(task, shut_down_error());
    } else {
      if (task.comes_first) {
        tasks_.push_front(std::move(task));
      } else {
        tasks_.push_back(std::move(task));
      }
      ++counts_.tasks_submitted;
      place_all(deferred);
    }
  }
  carry_out(std::move(deferred));
}

// Starts what fits, in order. What stands first and does not fit waits, and so do those behind it: otherwise small
// requests would keep a large one waiting for ever.
void Node::place_all(Deferred& deferred) {
  if (closing_ || fork_server_state_ == ForkServerState::kReplaced) return;
  while (!unplaced_actors_.empty()) {
    ActorRecord* actor = find_actor(unplaced_actors_.front());
    if (actor != nullptr && !actor->died && !place_actor(*actor, deferred)) break;
    unplaced_actors_.pop_front();
  }
  constexpr int kRounds = 16;  // A worker that cannot be started leaves room that nobody fills.
  for (int round = 0; round == 0 || (round < kRounds && steal_tasks()); ++round) {
    for (; !tasks_.empty(); tasks_.pop_front()) {
      Call& task = tasks_.front();
      if (task.is_settled()) {
        deferred.fail(task, cancelled_error());
      } else if (!hold_arguments(task)) {
        constexpr int kAhead = 4;  // They keep their arguments in memory until they have run.
        if (tasks_fetching_ >= kAhead && !task.comes_first) return;
        fetch_later(std::move(task), deferred);
      } else if (!place_task(task, deferred) && !append_task(task)) {
        return;
      }
    }
  }
}

bool Node::place_actor(ActorRecord& actor, Deferred& deferred) {
  const auto assignment = ledger_.acquire(actor.spec.resources);
  if (!assignment) {
    const Result<void> possible = ledger_.check(actor.spec.resources);
    if (!possible) end_actor(actor, possible.error(), deferred);
    return !possible;
  }
  auto worker = spawn_worker(actor.spec.resources, ledger_.visible_devices(*assignment), actor.spec.name);
  if (!worker) {
    ledger_.release(*assignment);
    if (fork_server_state_ == ForkServerState::kReplaced) return false;
    end_actor(actor, spawn_error(worker.error(), actor.spec.type), deferred);
    return true;
  }
  (*worker)->assignment = assignment;
  (*worker)->actor = actor.id;
  actor.worker = (*worker)->id;
  layout_of<LinkLayout>((*worker)->link_memory)->is_timed = actor.spec.timeout > Duration::zero();
  give_time(**worker, actor.spec.timeout);
  pump_actor(actor, deferred);
  return true;
}

bool Node::place_task(Call& task, Deferred& deferred) {
  const auto assignment = ledger_.acquire(task.task->resources);
  if (!assignment) {
    const Result<void> possible = ledger_.check(task.task->resources);
    if (!possible) deferred.fail(task, possible.error());
    return !possible;
  }
  const std::string devices = ledger_.visible_devices(*assignment);
  WorkerRecord* worker = find_idle_worker(devices, task.task->resources);
  if (worker == nullptr) {
    auto spawned = spawn_worker(task.task->resources, devices, task.task->label);
    if (!spawned) {
      ledger_.release(*assignment);
      if (fork_server_state_ == ForkServerState::kReplaced) return false;
      deferred.fail(task, spawn_error(spawned.error(), task.task->label));
      return true;
    }
    worker = *spawned;
  }
  worker->assignment = assignment;
  give_time(*worker, task.task->timeout);
  task_workers_.push_back(worker->id);
  send_call(*worker, std::move(task));
  return true;
}

// How many tasks a worker may have at a time. What runs but a moment is not worth a message each way for every one;
// what takes longer is to run wherever there is room first.
std::size_t Node::depth_of(const Call& task) const {
  constexpr Duration kAhead = std::chrono::milliseconds(1);
  constexpr std::int64_t kMost = 256;
  const auto known = task_durations_.find(task.function);
  if (known == task_durations_.end()) return 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(kAhead / std::max(known->second, Duration(1)), 1, kMost));
}

// Nothing is free for the task: a worker that runs such tasks gets it, to run it when those before are done.
bool Node::append_task(Call& task) {
  const std::size_t depth = depth_of(task);
  if (depth == 1 || task.task->timeout > Duration::zero()) return false;
  WorkerRecord* least = nullptr;
  for (const std::uint64_t id : task_workers_) {
    WorkerRecord& worker = *workers_.at(id);
    const bool is_open = worker.assignment && worker.assignment->resources == task.task->resources &&
                         !worker.is_blocked && worker.killed_because.empty() && worker.in_flight.size() < depth;
    if (is_open && (least == nullptr || worker.in_flight.size() < least->in_flight.size())) least = &worker;
  }
  if (least == nullptr) return false;
  send_call(*least, std::move(task));
  return true;
}

// What the worker has not begun goes back to the front of the queue.
void Node::take_back_tasks(WorkerRecord& worker) {
  if (worker.in_flight.size() < 2) return;
  worker.tasks_sent = worker.claims->revoke();
  worker.in_flight.take_latest_first(
      [&](const Call& call) { return call.type == MessageType::kRunTask && !worker.has_begun(call); },
      [&](Call call) { tasks_.push_front(std::move(call)); });
}

// Nothing waits, and there is room: tasks that stand behind others come back to be placed there. True if any did.
bool Node::steal_tasks() {
  WorkerRecord* most = nullptr;
  for (const std::uint64_t id : task_workers_) {
    WorkerRecord& worker = *workers_.at(id);
    if (worker.in_flight.size() >= 2 && (most == nullptr || worker.in_flight.size() > most->in_flight.size()))
      most = &worker;
  }
  if (most == nullptr || !most->assignment) return false;
  const auto room = ledger_.acquire(most->assignment->resources);
  if (!room) return false;
  ledger_.release(*room);
  take_back_tasks(*most);
  return !tasks_.empty();
}

// The worker has answered its oldest task, one of `function`.
void Node::end_task(WorkerRecord& worker, std::uint64_t function, Duration took) {
  worker.deadline.reset();
  took = std::clamp(took, Duration::zero(), Duration(std::chrono::hours(1)));  // The worker has said it.
  const auto [known, is_new] = task_durations_.emplace(function, took);
  if (!is_new) known->second += (took - known->second) / 8;
  if (!worker.in_flight.empty()) return;
  std::erase(task_workers_, worker.id);
  release_resources(worker);
  become_idle(worker);
}

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
  const std::uint64_t id = next_id_++;
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
  give_bell(*layout);
  const auto failed = [&](const Error& error) {
    bells_.give_back(layout->bell);
    return error;
  };
  if (const auto asked = launcher_->request(request, memory.fd(), write_end.get()); !asked) {
    // The process thread will see that it died, and go on with what waits here.
    if (asked.error().code == ErrorCode::kWorkerDied) fork_server_state_ = ForkServerState::kReplaced;
    return failed(asked.error());
  }
  epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, read_end.get(), &event) != 0)
    return failed(system_error("epoll_ctl", errno));
  auto record = std::make_unique<WorkerRecord>(
      id, *launcher_, std::move(memory), arena_,
      WorkerOutput(std::move(read_end), name,
                   {.escapes = ::isatty(STDERR_FILENO) == 1, .keeps_log = !log_directory_.empty()}));
  if (!log_directory_.empty())
    record->log = std::make_shared<WorkerLog>(WorkerLog::path_of(log_directory_, ::getpid(), id, name), log_bytes_);
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

// Calls on their way get `error`, and nothing that their process says or suffers from now on. Their arguments stay
// pinned until it is gone.
void Node::fail_in_flight(WorkerRecord& worker, const Error& error, Deferred& deferred) {
  worker.in_flight.for_each([&](Call& call) { deferred.fail(call, error); });
}

// Names are given with mutex_ held, so that an object gets one only.
WireReference Node::name(const Reference& reference) {
  if (const auto* actor = std::get_if<ActorPtr>(&reference))
    return {.kind = WireReference::kActor, .id = {.process = 0, .number = (*actor)->id()}};
  if (const auto* block = std::get_if<BlockPtr>(&reference)) return WireReference::of_block(**block);
  ObjectState& object = *std::get<ObjectPtr>(reference);
  if (object.id().number == 0) object.set_id({.process = 0, .number = next_id_++});
  return {.kind = WireReference::kObject, .id = object.id()};
}

WireReference Node::name_of(const Reference& reference) {
  const std::lock_guard lock(mutex_);
  return name(reference);
}

std::vector<WireReference> Node::names(const std::vector<Reference>& references) {
  std::vector<WireReference> names;
  names.reserve(references.size());
  for (const Reference& reference : references) names.push_back(name(reference));
  return names;
}

// The worker is about to be sent a value that contains these.
void Node::add_references(WorkerRecord& worker, const std::vector<Reference>& references) {
  for (const Reference& reference : references) {
    if (const auto* actor = std::get_if<ActorPtr>(&reference)) {
      worker.references.add((*actor)->id(), *actor);
    } else if (const auto* object = std::get_if<ObjectPtr>(&reference)) {
      worker.references.add(name(reference).id, *object);
    }
  }
}

void Node::send_call(WorkerRecord& worker, Call&& call) {
  MessageHeader header{.type = call.type,
                       .value_count = call.value_count,
                       .call = worker.in_flight.next(),
                       .function = call.function,
                       .a = call.threads,
                       .b = worker.actor};
  const TraceSpan span(
      trace_.get(),
      {.kind = TraceEvent::Kind::kSend, .function = call.function, .call = header.call, .worker = worker.id});
  worker.time_call(header.call);
  if (call.type == MessageType::kRunTask) {
    header.a = worker.claims->generation();
    call.ordinal = ++worker.tasks_sent;
  }
  add_references(worker, call.references);
  if (call.late.empty()) {
    worker.send(std::as_bytes(std::span(&header, 1)), call.values);
  } else {
    header.value_count = 0;
    builder_.start(header);
    call.write_arguments(builder_, [&](MessageBuilder& builder, const ObjectPtr& object) {
      const EncodedValue& value = object->outcome().value();
      builder.add(value, names(value.references));
      add_references(worker, value.references);
    });
    worker.send(builder_.bytes());
  }
  worker.in_flight.put(std::move(call));
  attention_.watch(worker);
}

void Node::cancel(const ObjectPtr& object, bool force) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    cancel_call(object, force, deferred);
  }
  carry_out(std::move(deferred));
}

// Whoever waits for it is told at once. Where the call waits for its turn, it is found settled and left out.
void Node::cancel_call(const ObjectPtr& object, bool force, Deferred& deferred) {
  if (object->is_ready()) return;
  deferred.complete(object, cancelled_error());
  cancel_promise(object, deferred);
  for (auto& [id, worker] : workers_) {
    worker->in_flight.for_each_numbered([&, record = worker.get()](std::uint64_t number, Call& call) {
      if (call.result != object &&
          std::find(call.more_results.begin(), call.more_results.end(), object) == call.more_results.end())
        return;
      if (force && call.type == MessageType::kRunTask && record->has_begun(call)) {
        deferred.fail(call, cancelled_error());
        kill_worker(*record, "was killed because its call was cancelled");
      } else {
        builder_.start({.type = MessageType::kCancel, .call = number});
        record->send(builder_.bytes());
      }
    });
  }
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
