// SPDX-License-Identifier: Apache-2.0
// Placement and calls; node_messages.cc and node_processes.cc have the rest of Node.
#include "core/node/node.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

namespace manta {

Node::Node(Options options, std::shared_ptr<Arena> arena, SharedMemory page)
    : arena_(std::move(arena)),
      page_(std::move(page)),
      ledger_(std::move(options.machine)),
      completion_((new (page_.data()) NodePage)->node_bell, [this] { return take_messages(); },
                  [this] { return has_messages(); }) {}

Result<std::unique_ptr<Node>> Node::start(Options options, char* const* argv) {
  const std::size_t capacity = options.object_store_bytes > 0 ? options.object_store_bytes : default_store_capacity();
  MANTA_ASSIGN_OR_RETURN(std::shared_ptr<Arena> arena, Arena::create(capacity, options.warm_bytes));
  MANTA_ASSIGN_OR_RETURN(SharedMemory page, SharedMemory::create("manta-node", NodePage::kTotalBytes));
  std::unique_ptr<Node> node(new Node(std::move(options), std::move(arena), std::move(page)));
  node->argv_ = argv;
  MANTA_RETURN_IF_ERROR(node->start_fork_server());
  node->service_thread_ = std::thread([raw = node.get()] { raw->serve_messages(); });
  return node;
}

namespace {

// How many threads the libraries of a worker should use.
std::uint32_t threads_of(const Resources& resources) {
  return static_cast<std::uint32_t>(std::max(1.0, std::floor(resources.cpus)));
}

const Error& shut_down_error() {
  static const Error error{ErrorCode::kCancelled, "the runtime was shut down"};
  return error;
}

}  // namespace

void Node::shut_down() {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    closing_ = true;
    const Error& cancelled = shut_down_error();
    for (Call& task : tasks_) deferred.complete(task.result, cancelled);
    tasks_.clear();
    for (auto& [id, actor] : actors_) {
      for (Call& call : actor.queue) deferred.complete(call.result, cancelled);
      actor.queue.clear();
      if (!actor.died) actor.died = cancelled;
    }
    for (auto& [id, worker] : workers_) fail_in_flight(*worker, cancelled, deferred);
  }
  carry_out(std::move(deferred));
  stop_ = true;
  const std::uint64_t one = 1;
  if (stop_event_) static_cast<void>(::write(stop_event_.get(), &one, sizeof one));
  layout_of<NodePage>(page_)->node_bell.ring_all();
  if (process_thread_.joinable()) process_thread_.join();
  if (service_thread_.joinable()) service_thread_.join();
  const std::lock_guard lock(mutex_);
  idle_workers_.clear();
  workers_.clear();  // Their pids may soon be those of other processes.
}

void Node::submit(Call call) {
  if (auto possible = ledger_.check(call.resources); !possible) {
    Deferred deferred;
    deferred.complete(call.result, possible.error());
    carry_out(std::move(deferred));
    return;
  }
  enqueue_task(std::move(call));
}

// A task joins the queue only when its arguments are ready: one that waits must not keep others from running.
void Node::enqueue_task(Call task) {
  if (const ObjectPtr pending = task.pending_argument()) {
    auto shared = std::make_shared<Call>(std::move(task));
    pending->then([this, shared] { enqueue_task(std::move(*shared)); });
    return;
  }
  Deferred deferred;
  if (const Error* error = task.failed_argument()) {
    deferred.complete(task.result, *error);
  } else {
    const std::lock_guard lock(mutex_);
    if (closing_) {
      deferred.complete(task.result, shut_down_error());
    } else {
      tasks_.push_back(std::move(task));
      place_all(deferred);
    }
  }
  carry_out(std::move(deferred));
}

Result<std::uint64_t> Node::create_actor(Call constructor, const Resources& resources, int max_restarts,
                                         std::string name) {
  MANTA_RETURN_IF_ERROR(ledger_.check(resources));
  Deferred deferred;
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return shut_down_error();
    id = next_id_++;
    if (!name.empty()) MANTA_RETURN_IF_ERROR(directory_.add(name, id));
    ActorRecord& actor = actors_[id];
    actor.id = id;
    actor.name = name.empty() ? std::string(constructor.name) : std::move(name);
    actor.resources = resources;
    actor.restarts_left = max_restarts;
    if (max_restarts > 0) actor.constructor = constructor;
    actor.queue.push_back(std::move(constructor));
    unplaced_actors_.push_back(id);
    place_all(deferred);
  }
  carry_out(std::move(deferred));
  return id;
}

void Node::call_actor(std::uint64_t actor_id, Call call) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(actor_id);
    if (actor == nullptr || actor->died) {
      const Error gone{ErrorCode::kActorDied, "the actor was stopped"};
      deferred.complete(call.result, actor != nullptr && actor->died ? *actor->died : gone);
    } else {
      actor->queue.push_back(std::move(call));
      pump_actor(*actor, deferred);
    }
  }
  carry_out(std::move(deferred));
}

void Node::stop_actor(std::uint64_t actor_id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(actor_id);
    if (actor == nullptr) return;
    actor->stop_wanted = true;
    if (actor->died) {
      actors_.erase(actor_id);
    } else {
      pump_actor(*actor, deferred);
    }
  }
  carry_out(std::move(deferred));
}

void Node::kill_actor(std::uint64_t actor_id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(actor_id);
    if (actor == nullptr || actor->died) return;
    actor->restarts_left = 0;
    if (const auto worker = workers_.find(actor->worker); worker != workers_.end()) {
      worker->second->kill("was killed on request");
    } else {
      end_actor(*actor, {ErrorCode::kActorDied, "actor " + actor->name + " was killed before it started"}, deferred);
    }
  }
  carry_out(std::move(deferred));
}

bool Node::is_actor_alive(std::uint64_t actor_id) const {
  const std::lock_guard lock(mutex_);
  const auto actor = actors_.find(actor_id);
  return actor != actors_.end() && !actor->second.died;
}

pid_t Node::actor_pid(std::uint64_t actor_id) const {
  const std::lock_guard lock(mutex_);
  const auto actor = actors_.find(actor_id);
  if (actor == actors_.end()) return 0;
  const auto worker = workers_.find(actor->second.worker);
  if (worker == workers_.end()) return 0;
  // An answer may come before the fork server's notice of the start.
  const WorkerRecord& record = *worker->second;
  return record.pid > 0 ? record.pid : layout_of<LinkLayout>(record.link_memory)->worker_pid.load();
}

ActorRecord* Node::find_actor(std::uint64_t id) {
  const auto it = actors_.find(id);
  return it == actors_.end() ? nullptr : &it->second;
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
  while (!tasks_.empty() && place_task(tasks_.front(), deferred)) tasks_.pop_front();
}

bool Node::place_actor(ActorRecord& actor, Deferred& deferred) {
  const auto assignment = ledger_.acquire(actor.resources);
  if (!assignment) return false;
  auto worker = spawn_worker(actor.resources, ledger_.visible_devices(*assignment), actor.name);
  if (!worker) {
    ledger_.release(*assignment);
    if (fork_server_state_ == ForkServerState::kReplaced) return false;
    end_actor(actor, worker.error(), deferred);
    return true;
  }
  (*worker)->assignment = assignment;
  (*worker)->actor = actor.id;
  actor.worker = (*worker)->id;
  pump_actor(actor, deferred);
  return true;
}

bool Node::place_task(Call& task, Deferred& deferred) {
  const auto assignment = ledger_.acquire(task.resources);
  if (!assignment) return false;
  const std::string devices = ledger_.visible_devices(*assignment);
  WorkerRecord* worker = find_idle_worker(devices, threads_of(task.resources));
  if (worker == nullptr) {
    auto spawned = spawn_worker(task.resources, devices, task.label);
    if (!spawned) {
      ledger_.release(*assignment);
      if (fork_server_state_ == ForkServerState::kReplaced) return false;
      deferred.complete(task.result, spawned.error());
      return true;
    }
    worker = *spawned;
  }
  worker->assignment = assignment;
  send_call(*worker, std::move(task));
  return true;
}

// What a worker's libraries are told when it starts, so it can be used again only for the same.
WorkerRecord* Node::find_idle_worker(const std::string& devices, std::uint32_t threads) {
  for (auto it = idle_workers_.rbegin(); it != idle_workers_.rend(); ++it) {
    WorkerRecord& worker = *workers_.at(*it);
    if (worker.devices != devices || worker.threads != threads) continue;
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
  new (memory.data()) LinkLayout;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno);
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);  // The worker's end stays blocking.
  const std::uint64_t id = next_id_++;
  SpawnRequest request{.worker = id, .cpus = threads_of(resources)};
  if (devices.size() >= sizeof request.visible_devices)
    return Error{ErrorCode::kInvalidArgument, "the list of GPU names is too long: " + devices};
  std::memcpy(request.visible_devices, devices.data(), devices.size());
  std::memcpy(request.name, name.data(), std::min(name.size(), sizeof request.name - 1));
  if (const auto asked = fork_server_.request(request, memory.fd(), write_end.get()); !asked) {
    // The process thread will see that it died, and go on with what waits here.
    if (asked.error().code == ErrorCode::kWorkerDied) fork_server_state_ = ForkServerState::kReplaced;
    return asked.error();
  }
  epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, read_end.get(), &event) != 0) return system_error("epoll_ctl", errno);
  auto record = std::make_unique<WorkerRecord>(id, std::move(memory), arena_, WorkerOutput(std::move(read_end), name));
  record->devices = devices;
  record->threads = request.cpus;
  return (workers_[id] = std::move(record)).get();
}

void Node::release_resources(WorkerRecord& worker) {
  if (worker.assignment) ledger_.release(*worker.assignment);
  worker.assignment.reset();
}

// Sends the calls at the front of the queue whose arguments are ready.
void Node::pump_actor(ActorRecord& actor, Deferred& deferred) {
  if (actor.worker == 0 || actor.waits_for_argument) return;
  WorkerRecord& worker = *workers_.at(actor.worker);
  if (!worker.killed_because.empty()) return;  // Its death, soon noticed, answers what is queued.
  while (!actor.queue.empty()) {
    Call& call = actor.queue.front();
    if (const ObjectPtr pending = call.pending_argument()) {
      actor.waits_for_argument = true;
      deferred.waits.emplace_back(pending, actor.id);
      return;
    }
    const Error* error = call.failed_argument();
    if (error != nullptr && call.type == MessageType::kCreateActor) return fail_constructor(actor, *error, deferred);
    if (error != nullptr) {
      deferred.complete(call.result, *error);
    } else {
      send_call(worker, std::move(call));
    }
    actor.queue.pop_front();
  }
  if (!actor.stop_wanted || actor.stop_sent) return;
  actor.stop_sent = true;
  builder_.start({.type = MessageType::kStop});
  worker.send(builder_.bytes());
}

void Node::end_actor(ActorRecord& actor, const Error& error, Deferred& deferred) {
  actor.died = error;
  directory_.remove(actor.name, actor.id);
  for (Call& call : actor.queue) deferred.complete(call.result, error);
  actor.queue.clear();
  if (actor.stop_wanted) actors_.erase(actor.id);
}

// Makes ready for another process: the constructor first, then the calls not yet answered. False: it is to end.
bool Node::restart_actor(ActorRecord& actor) {
  if (closing_ || actor.restarts_left == 0 || (actor.stop_wanted && actor.queue.empty())) return false;
  --actor.restarts_left;
  Call constructor = *actor.constructor;
  constructor.result = std::make_shared<ObjectState>();
  actor.queue.push_front(std::move(constructor));
  actor.worker = 0;
  actor.waits_for_argument = false;
  actor.stop_sent = false;
  unplaced_actors_.push_back(actor.id);
  return true;
}

// There is no actor: the calls made on it get the cause, and its process ends.
void Node::fail_constructor(ActorRecord& actor, const Error& cause, Deferred& deferred) {
  const Error died{ErrorCode::kActorDied, "the constructor of actor " + actor.name + " failed: " + cause.message};
  WorkerRecord& worker = *workers_.at(actor.worker);
  fail_in_flight(worker, died, deferred);
  worker.actor = 0;
  worker.kill("was killed because its actor's constructor failed");
  end_actor(actor, died, deferred);
}

// Calls on their way get `error`, and nothing that their process says or suffers from now on. Their arguments stay
// pinned until it is gone.
void Node::fail_in_flight(WorkerRecord& worker, const Error& error, Deferred& deferred) {
  for (auto& [call, flight] : worker.in_flight) deferred.complete(std::exchange(flight.call.result, nullptr), error);
}

void Node::send_call(WorkerRecord& worker, Call call) {
  const std::uint64_t id = next_id_++;
  CallInFlight flight;
  builder_.start({.type = call.type, .call = id, .function = call.function});
  for (const Argument& argument : call.arguments) {
    const auto* object = std::get_if<ObjectPtr>(&argument);
    const EncodedValue& value = object != nullptr ? (*object)->outcome().value() : std::get<EncodedValue>(argument);
    builder_.add(value);
    if (value.block) flight.pins.push_back(value.block);
  }
  flight.call = std::move(call);
  worker.in_flight.emplace(id, std::move(flight));
  worker.send(builder_.bytes());
}

void Node::resume_actor(std::uint64_t id) {
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(id);
    if (actor == nullptr) return;
    actor->waits_for_argument = false;
    if (!actor->died) pump_actor(*actor, deferred);
  }
  carry_out(std::move(deferred));
}

void Node::carry_out(Deferred deferred) {
  if (!deferred.output.empty()) std::fwrite(deferred.output.data(), 1, deferred.output.size(), stderr);
  for (auto& [object, outcome] : deferred.completions) object->complete(std::move(outcome));
  if (!deferred.completions.empty()) completion_.notify();
  for (auto& [object, actor] : deferred.waits) object->then([this, id = actor] { resume_actor(id); });
}

}  // namespace manta
