// SPDX-License-Identifier: Apache-2.0
// Actors from their making to their end.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/net/actor_lease.h"
#include "core/net/lost_call.h"
#include "core/node/node.h"

namespace manta {
namespace {

const Error& stopped_error() {
  static const Error error{ErrorCode::kActorDied, "the actor was stopped"};
  return error;
}

}  // namespace

Result<ActorPtr> Node::create_actor(Call constructor, ActorSpec spec) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  Result<ActorPtr> made = [&] {
    const std::lock_guard lock(mutex_);
    auto actor = add_actor(std::move(constructor), std::move(spec), ids_.self());
    if (actor) place_all(deferred);
    return actor;
  }();
  carry_out(std::move(deferred));
  return made;
}

Result<ActorPtr> Node::add_actor(Call constructor, ActorSpec spec, std::uint64_t owner) {
  if (closing_) return shut_down_error();
  MANTA_RETURN_IF_ERROR(check_memory(constructor));
  MANTA_RETURN_IF_ERROR(ledger_.check(spec.resources));
  // A worker may have said anything.
  if (spec.max_restarts < 0 || spec.max_task_retries < 0)
    return Error{ErrorCode::kInvalidArgument, "an actor's max_restarts and max_task_retries must be at least 0"};
  const std::uint64_t id = ids_.next();
  if (!spec.name.empty()) MANTA_RETURN_IF_ERROR(directory_.add(spec.name, id));
  ActorRecord& actor = actors_[id];
  ++counts_.actors_created;
  actor.id = id;
  actor.owner = owner;
  actor.is_named = !spec.name.empty();
  actor.spec = std::move(spec);
  if (!actor.is_named) actor.spec.name = actor.spec.type;
  actor.restarts_left = actor.spec.max_restarts;
  constructor.threads = static_cast<std::uint64_t>(std::max(1, actor.spec.max_concurrency));
  if (actor.restarts_left > 0) actor.constructor = constructor;
  auto lease = std::make_shared<ActorLease>(weak_from_this(), id);
  actor.lease = lease;
  if (actor.spec.is_detached) actor.detached = lease;
  actor.queue.push_back(std::move(constructor));
  if (actor.spec.state_function != 0) actor.queue.push_back(state_call(actor));
  unplaced_actors_.push_back(id);
  return lease;
}

Result<ActorPtr> Node::find_actor(const std::string& name, std::string_view type) {
  const std::lock_guard lock(mutex_);
  return look_up_actor(name, type);
}

Result<ActorPtr> Node::look_up_actor(const std::string& name, std::string_view type) {
  ActorRecord* actor = find_actor(directory_.find(name));
  ActorPtr lease = actor != nullptr ? actor->lease.lock() : nullptr;
  if (!lease)
    return Error{ErrorCode::kNotFound,
                 "no living actor is named \"" + name + "\"" + did_you_mean(name, directory_.names())};
  if (actor->spec.type != type)
    return Error{ErrorCode::kInvalidArgument,
                 "the actor \"" + name + "\" is a " + actor->spec.type + ", not a " + std::string(type)};
  return lease;
}

void Node::call_actor(std::uint64_t actor_id, Call&& call) {
  const MemoryReserve::Use reserve;
  std::unique_lock lock(mutex_);
  if (send_at_once(actor_id, call)) return;
  Deferred deferred;
  queue_call(actor_id, std::move(call), deferred);
  lock.unlock();
  carry_out(std::move(deferred));
}

// Of most calls: nothing stands between them and the actor's process. False: it was left as it is.
bool Node::send_at_once(std::uint64_t actor_id, Call& call) {
  ActorRecord* actor = closing_ ? nullptr : find_actor(actor_id);
  const bool is_next = actor != nullptr && actor->worker != 0 && !actor->died && !actor->stop_wanted &&
                       actor->queue.empty() && call.late.empty();
  if (!is_next || !check_memory(call)) return false;
  WorkerRecord& worker = *workers_.at(actor->worker);
  if (!worker.killed_because.empty() || !worker.in_flight.has_room()) return false;
  ++counts_.actor_calls;
  call.retries_left = actor->spec.max_task_retries;
  send_call(worker, std::move(call));
  return true;
}

void Node::queue_call(std::uint64_t actor_id, Call&& call, Deferred& deferred) {
  if (closing_) return deferred.fail(call, shut_down_error());
  ActorRecord* actor = find_actor(actor_id);
  if (actor == nullptr || actor->died) return deferred.fail(call, undelivered_error(actor_id, call));
  // Its stop waits until those before have ended for good.
  if (actor->stop_wanted && actor->spec.retries_failures())
    return deferred.fail(call, undelivered_call_error(stopped_error(), {}, call, name_of_caller(call.caller)));
  if (const auto possible = check_memory(call); !possible) return deferred.fail(call, possible.error());
  ++counts_.actor_calls;
  call.retries_left = actor->spec.max_task_retries;
  actor->queue.push_back(std::move(call));
  pump_actor(*actor, deferred);
}

void Node::stop_actor(std::uint64_t actor_id) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    want_stop(actor_id, deferred);
  }
  carry_out(std::move(deferred));
}

void Node::want_stop(std::uint64_t actor_id, Deferred& deferred) {
  ActorRecord* actor = find_actor(actor_id);
  if (actor == nullptr) return;
  actor->stop_wanted = true;
  if (!actor->died) pump_actor(*actor, deferred);
}

// No handle is left. Until then a dead actor is remembered, for the calls that are still made on it.
void Node::release(std::uint64_t actor_id, Deferred& deferred) {
  ActorRecord* actor = find_actor(actor_id);
  if (actor != nullptr && actor->died) {
    actors_.erase(actor_id);
  } else {
    want_stop(actor_id, deferred);
  }
}

void Node::release_actor(std::uint64_t actor, std::uint64_t) {
  const MemoryReserve::Use reserve;
  {
    const std::lock_guard lock(released_mutex_);
    released_.push_back(actor);
  }
  any_released_ = true;
  layout_of<NodePage>(page_)->node_bell.ring();  // Whoever takes messages next stops it.
}

void Node::stop_released(Deferred& deferred) {
  if (!any_released_.exchange(false)) return;
  std::vector<std::uint64_t> released;
  {
    const std::lock_guard lock(released_mutex_);
    released.swap(released_);
  }
  for (const std::uint64_t actor : released) release(actor, deferred);
}

void Node::kill_actor(std::uint64_t actor_id) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(actor_id);
    if (actor != nullptr && !actor->died) kill_on_request(*actor, deferred);
  }
  carry_out(std::move(deferred));
}

void Node::kill_on_request(ActorRecord& actor, Deferred& deferred) {
  actor.was_killed = true;
  kill_now(actor, "was killed on request", deferred);
}

// `because` lives as long as the program.
void Node::kill_now(ActorRecord& actor, std::string_view because, Deferred& deferred) {
  actor.restarts_left = 0;
  if (const auto worker = workers_.find(actor.worker); worker != workers_.end()) {
    kill_worker(*worker->second, because);
  } else {
    const std::string title = title_of_actor(actor.spec.name, actor.spec.type, 0);
    end_actor(actor, {ErrorCode::kActorDied, title + " " + std::string(because) + " before it started"}, deferred);
  }
}

ObjectPtr Node::monitor_actor(std::uint64_t actor_id) {
  const MemoryReserve::Use reserve;
  ObjectPtr object = new_object();
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    add_monitor(actor_id, ids_.self(), object, deferred);
  }
  carry_out(std::move(deferred));
  return object;
}

// `watcher` is the process that wants it.
void Node::add_monitor(std::uint64_t actor_id, std::uint64_t watcher, ObjectPtr object, Deferred& deferred) {
  ActorRecord* actor = find_actor(actor_id);
  if (actor != nullptr && !actor->died) {
    actor->is_watched_by_owner |= watcher == actor->owner;
    actor->monitors.push_back(std::move(object));
    return;
  }
  const Error error = actor != nullptr ? *actor->died : unknown_actor_error(actor_id);
  const bool is_expected = actor != nullptr ? actor->ended_as_expected() : ids_.has(actor_id);
  const ActorDeath death{error.code, error.message, is_expected};
  deferred.complete(object, encode(death, *arena_));
}

Caller::ActorStatus Node::actor_status(std::uint64_t actor_id) {
  const std::lock_guard lock(mutex_);
  return status_of(actor_id);
}

Caller::ActorStatus Node::status_of(std::uint64_t actor_id) {
  const ActorRecord* actor = find_actor(actor_id);
  if (actor == nullptr || actor->died) return {};
  const auto worker = workers_.find(actor->worker);
  if (worker == workers_.end()) return {.is_alive = true};
  // An answer may come before the fork server's notice of the start.
  const WorkerRecord& record = *worker->second;
  return {.is_alive = true,
          .pid = record.pid > 0 ? record.pid : layout_of<LinkLayout>(record.link_memory)->worker_pid.load()};
}

ActorRecord* Node::find_actor(std::uint64_t id) {
  const auto it = actors_.find(id);
  return it == actors_.end() ? nullptr : &it->second;
}

// There is no record of it: it has ended long ago, or it is none of this node's.
Error Node::unknown_actor_error(std::uint64_t id) const {
  if (ids_.has(id)) return stopped_error();
  return {ErrorCode::kNotFound, global_name("actor", id) + " is of another runtime than this, " +
                                    to_string(ids_.node()) + ": a handle is good only in the one that it is from"};
}

Error Node::undelivered_error(std::uint64_t actor_id, const Call& call) {
  const std::string caller = name_of_caller(call.caller);
  const ActorRecord* actor = find_actor(actor_id);
  if (actor != nullptr) return undelivered_call_error(*actor->died, now() - actor->died_at, call, caller);
  Error error = unknown_actor_error(actor_id);
  if (ids_.has(actor_id)) return undelivered_call_error(error, {}, call, caller);
  error.message = std::string(call.name) + ", called by " + caller + ", cannot be delivered: " + error.message;
  return error;
}

// Sends the calls at the front of the queue whose arguments are ready.
void Node::pump_actor(ActorRecord& actor, Deferred& deferred) {
  if (actor.worker == 0 || actor.waits_for_argument) return;
  WorkerRecord& worker = *workers_.at(actor.worker);
  if (!worker.killed_because.empty()) return;  // Its death, soon noticed, answers what is queued.
  while (!actor.queue.empty()) {
    Call& call = actor.queue.front();
    if (call.type == MessageType::kDirectFence) {
      raise_fence(actor, call);
      actor.queue.pop_front();
      continue;
    }
    if (call.is_settled()) {
      deferred.fail(call, cancelled_error());
      actor.queue.pop_front();
      continue;
    }
    worker.awaits_answer = !worker.in_flight.has_room();
    if (worker.awaits_answer) return;  // The next answer goes on.
    if (const ObjectPtr pending = call.pending_argument()) {
      actor.waits_for_argument = true;
      deferred.waits.emplace_back(pending, actor.id);
      return;
    }
    const Error* error = call.failed_argument();
    const Result<bool> held = error != nullptr ? Result<bool>(*error) : hold_arguments(call);
    if (!held && call.type == MessageType::kCreateActor) return fail_constructor(actor, held.error(), deferred);
    if (!held) {
      deferred.fail(call, held.error());
    } else if (!*held) {
      return fetch_later(actor, deferred);
    } else {
      send_call(worker, std::move(call));
    }
    actor.queue.pop_front();
  }
  if (!actor.stop_wanted || actor.stop_sent) return;
  // Once it has been told to stop, no call can be made again.
  worker.awaits_answer = actor.spec.retries_failures() && !worker.in_flight.empty();
  if (worker.awaits_answer) return;
  actor.stop_sent = true;
  builder_.start({.type = MessageType::kStop});
  worker.send(builder_.bytes());
}

void Node::end_actor(ActorRecord& actor, const Error& error, Deferred& deferred) {
  actor.died = error;
  actor.died_at = now();
  const ActorDeath death{error.code, error.message, actor.ended_as_expected()};
  for (const ObjectPtr& monitor : actor.monitors) deferred.complete(monitor, encode(death, *arena_));
  actor.monitors.clear();
  report_death(actor, deferred);
  actor.state.reset();
  actor.detached.reset();
  if (actor.is_named) directory_.remove(actor.spec.name, actor.id);
  for (Call& call : actor.queue) deferred.fail(call, lost_call(error, call));
  actor.queue.clear();
  if (actor.lease.expired()) actors_.erase(actor.id);
}

Error Node::lost_call(const Error& death, const Call& call) {
  return lost_call_error(death, call, name_of_caller(call.caller));
}

std::string Node::name_of_caller(std::uint64_t worker_id) {
  if (worker_id == 0) return "the driver (pid " + std::to_string(::getpid()) + ")";
  const auto it = workers_.find(worker_id);
  if (it == workers_.end()) return "a process that has ended";
  WorkerRecord& worker = *it->second;
  if (const ActorRecord* actor = find_actor(worker.actor))
    return title_of_actor(actor->spec.name, actor->spec.type, worker.shown_pid());
  std::string_view task = worker.output.label();
  bool is_first = true;
  worker.in_flight.for_each([&](const Call& call) {
    if (std::exchange(is_first, false)) task = call.name;
  });
  return "task " + std::string(task) + " (pid " + std::to_string(worker.shown_pid()) + ")";
}

// Makes ready for another process: the constructor first, then the calls not yet answered. False: it is to end.
bool Node::restart_actor(ActorRecord& actor) {
  if (closing_ || actor.restarts_left == 0 || (actor.stop_wanted && actor.queue.empty())) return false;
  --actor.restarts_left;
  ++counts_.actor_restarts;
  Call constructor = *actor.constructor;
  constructor.result = make_object();
  if (actor.spec.state_function != 0) actor.queue.push_front(state_call(actor));
  actor.queue.push_front(std::move(constructor));
  actor.make_ready_to_place();
  unplaced_actors_.push_back(actor.id);
  return true;
}

// There is no actor: the calls made on it get the cause, and its process ends.
void Node::fail_constructor(ActorRecord& actor, const Error& cause, Deferred& deferred) {
  WorkerRecord& worker = *workers_.at(actor.worker);
  actor.last_pid = worker.pid;
  const std::string title = title_of_actor(actor.spec.name, actor.spec.type, worker.pid);
  const Error died{ErrorCode::kActorDied, "the constructor of " + title + " failed: " + cause.message};
  worker.in_flight.for_each([&](Call& call) { deferred.fail(call, lost_call(died, call)); });
  worker.actor = 0;
  kill_worker(worker, "was killed because its actor's constructor failed");
  end_actor(actor, died, deferred);
}

void Node::resume_actor(std::uint64_t id) {
  const MemoryReserve::Use reserve;
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

}  // namespace manta
