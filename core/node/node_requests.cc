// SPDX-License-Identifier: Apache-2.0
// What workers want of the node: calls on behalf of their code, and objects. Each function that returns a bool says
// with false that no worker sends such a thing.
#include <algorithm>
#include <cstring>

#include "core/net/actor_lease.h"
#include "core/net/function_table.h"
#include "core/net/wire_spec.h"
#include "core/node/node.h"

namespace manta {

bool Node::handle_request(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const MessageHeader& header = message.header;
  const bool has_actor = worker.references.actor(header.a) != nullptr;
  switch (header.type) {
    case MessageType::kSubmitTask: return submit_for(worker, message, deferred);
    case MessageType::kCallActor: return call_for(worker, message, deferred);
    case MessageType::kMakeActor: return make_actor_for(worker, message);
    case MessageType::kFindActor: return find_actor_for(worker, message);
    case MessageType::kPut: return put_for(worker, message);
    case MessageType::kWatch: return watch_for(worker, message, deferred);
    case MessageType::kPromise: return promise_for(worker, message);
    case MessageType::kFulfil: return fulfil_for(worker, message, deferred);
    case MessageType::kDropObject: return drop_object_for(worker, header, deferred);
    case MessageType::kDropActor: return worker.references.drop_actor(header.a, header.b);
    case MessageType::kStopActor:
      if (has_actor) want_stop(header.a, deferred);
      return has_actor;
    case MessageType::kKillActor:
      if (ActorRecord* actor = find_actor(header.a); has_actor && actor != nullptr && !actor->died)
        kill_on_request(*actor, deferred);
      return has_actor;
    case MessageType::kActorStatus: {
      const ActorStatus status = status_of(header.a);
      reply(worker, header.call, status.is_alive ? 1 : 0, static_cast<std::uint64_t>(status.pid));
      return true;
    }
    case MessageType::kMonitor: return monitor_for(worker, message, deferred);
    case MessageType::kCheckpoint: return checkpoint_for(worker, message);
    case MessageType::kHandleDeaths: worker.handles_deaths = header.a != 0; return true;
    case MessageType::kDeathJudged: return take_judgement(worker, header, deferred);
    case MessageType::kCancelCall: {
      const ObjectPtr object = worker.references.object({.process = header.a, .number = header.call});
      if (object) cancel_call(object, header.b != 0, deferred);
      return object != nullptr;
    }
    case MessageType::kStatus: {
      const auto encoded = with_memory("status()", [&] { return encode(status_now(), *arena_); });
      if (!encoded) return refuse(worker, header.call, encoded.error()), true;
      builder_.start({.type = MessageType::kReply, .call = header.call});
      builder_.add(*encoded);
      if (encoded->block) worker.memory.hold(encoded->block);
      worker.send(builder_.bytes());
      return true;
    }
    case MessageType::kWaitsFor: hear_wait(message); return true;
    case MessageType::kBlocked: set_blocked(worker, true); return true;
    case MessageType::kUnblocked: set_blocked(worker, false); return true;
    default: return false;
  }
}

// The call whose arguments are the values from `first` on. They travel on as they came, but for those that are refs.
std::optional<Call> Node::take_call(WorkerRecord& worker, const Message& message, std::size_t first, MessageType type) {
  Call call{.type = type, .function = message.header.function};
  const FunctionEntry* function = find_function(call.function);
  if (function == nullptr || message.values.size() < first) return std::nullopt;
  call.name = function->name;
  call.caller = worker.id;
  TakenBlocks blocks{.worker = worker};
  for (std::size_t i = first; i < message.values.size(); ++i) {
    const MessageValue& value = message.values[i];
    if (value.kind == MessageValue::Kind::kObject) {
      ObjectPtr object = worker.references.object(value.object);
      if (!object) return std::nullopt;
      call.late.push_back({.position = call.values.size(), .object = std::move(object)});
      continue;
    }
    if (!take_references(value, blocks, call.references)) return std::nullopt;
    if (value.kind == MessageValue::Kind::kStored && !take_block(blocks, value.offset, value.size)) return std::nullopt;
    call.values.append(value.wire.data(), value.wire.size());
    ++call.value_count;
  }
  if (!hold_blocks(message, blocks)) return std::nullopt;
  std::erase_if(call.references,
                [](const Reference& reference) { return std::get_if<BlockPtr>(&reference) != nullptr; });
  for (BlockPtr& block : blocks.taken) call.blocks.push_back(std::move(block));
  return call;
}

// The object that the worker has named so, for the result of a call that it makes.
ObjectPtr Node::promise(WorkerRecord& worker, std::uint64_t number) {
  const ObjectId id{.process = worker.id, .number = number};
  if (number == 0 || worker.references.object(id)) return nullptr;
  auto object = make_object(id);
  worker.references.add(id, object);
  return object;
}

// The results of a call; value `index` has the numbers of those after the first.
bool Node::promise_results(WorkerRecord& worker, const Message& message, std::size_t index, Call& call) {
  call.result = promise(worker, message.header.call);
  if (!call.result) return false;
  call.result->set_call_name(call.name.data());
  std::span<const std::byte> numbers = message.values[index].inline_bytes;
  for (; numbers.size() >= sizeof(std::uint64_t); numbers = numbers.subspan(sizeof(std::uint64_t))) {
    std::uint64_t number = 0;
    std::memcpy(&number, numbers.data(), sizeof number);
    ObjectPtr object = promise(worker, number);
    if (!object) return false;
    object->set_call_name(call.name.data());
    call.more_results.push_back(std::move(object));
  }
  return numbers.empty();
}

bool Node::submit_for(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const auto wire = message.raw<WireTaskSpec>(0);
  if (!wire) return false;
  std::optional<Call> call = take_call(worker, message, kTaskSpecValues, MessageType::kRunTask);
  if (!call) return false;
  auto resources = unpack(wire->resources, message.values[2].inline_bytes);
  if (!resources) return false;
  call->task = std::make_shared<const TaskSpec>(TaskSpec{.resources = std::move(*resources),
                                                         .label = std::string(message.values[1].text()),
                                                         .max_retries = static_cast<int>(wire->max_retries),
                                                         .retry_on = {wire->retry_codes},
                                                         .timeout = Duration(wire->timeout_ns),
                                                         .recompute = wire->recompute != 0});
  if (!promise_results(worker, message, kTaskSpecValues - 1, *call)) return false;
  deferred.tasks.push_back(std::move(*call));
  return true;
}

bool Node::call_for(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  if (!worker.references.actor(message.header.a)) return false;
  std::optional<Call> call = take_call(worker, message, kCallValues, MessageType::kCallMethod);
  if (!call || !promise_results(worker, message, kCallValues - 1, *call)) return false;
  if (!send_at_once(message.header.a, *call)) queue_call(message.header.a, std::move(*call), deferred);
  return true;
}

bool Node::make_actor_for(WorkerRecord& worker, const Message& message) {
  const auto wire = message.raw<WireActorSpec>(0);
  if (!wire) return false;
  std::optional<Call> constructor = take_call(worker, message, kActorSpecValues, MessageType::kCreateActor);
  if (!constructor) return false;
  auto resources = unpack(wire->resources, message.values[3].inline_bytes);
  if (!resources) return false;
  ActorSpec spec{.resources = std::move(*resources),
                 .name = std::string(message.values[1].text()),
                 .type = std::string(message.values[2].text()),
                 .max_restarts = wire->max_restarts,
                 .max_task_retries = wire->max_task_retries,
                 .retry_on = {wire->retry_codes},
                 .max_concurrency = wire->max_concurrency,
                 .timeout = Duration(std::max<std::int64_t>(0, wire->timeout_ns)),
                 .state_function = find_function(wire->state_function) != nullptr ? wire->state_function : 0,
                 .checkpoint_every = static_cast<int>(wire->checkpoint_every),
                 .is_detached = wire->is_detached != 0};
  constructor->result = make_object();
  give_actor(worker, message.header.call, add_actor(std::move(*constructor), std::move(spec), worker.id));
  return true;
}

bool Node::find_actor_for(WorkerRecord& worker, const Message& message) {
  if (message.values.size() != 2) return false;
  give_actor(worker, message.header.call, look_up_actor(message.text(), message.values[1].text()));
  return true;
}

void Node::give_actor(WorkerRecord& worker, std::uint64_t request, const Result<ActorPtr>& actor) {
  if (!actor) return refuse(worker, request, actor.error());
  worker.references.add((*actor)->id(), *actor);
  reply(worker, request, (*actor)->id());
}

bool Node::watch_for(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const ObjectId id{.process = message.header.a, .number = message.header.call};
  ObjectPtr object = worker.references.object(id);
  if (!object) return false;
  deferred.watches.push_back({.object = std::move(object), .id = id, .worker = worker.id});
  return true;
}

bool Node::monitor_for(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  if (!worker.references.actor(message.header.a)) return false;
  ObjectPtr object = promise(worker, message.header.call);
  if (!object) return false;
  add_monitor(message.header.a, worker.id, std::move(object), deferred);
  return true;
}

// A call that waits does not use its CPUs: others may, or all could wait for one that finds no place.
void Node::set_blocked(WorkerRecord& worker, bool blocked) {
  if (!worker.assignment || worker.is_blocked == blocked) return;
  worker.is_blocked = blocked;
  if (blocked) {
    ledger_.lend_cpus(*worker.assignment);
    take_back_tasks(worker);  // The call may wait for one of them.
  } else {
    ledger_.reclaim_cpus(*worker.assignment);
  }
}

void Node::reply(WorkerRecord& worker, std::uint64_t request, std::uint64_t a, std::uint64_t b) {
  builder_.start({.type = MessageType::kReply, .call = request, .a = a, .b = b});
  worker.send(builder_.bytes());
}

void Node::refuse(WorkerRecord& worker, std::uint64_t request, const Error& error) {
  build_failure(builder_, {.type = MessageType::kRefusal, .call = request}, error);
  worker.send(builder_.bytes());
}

}  // namespace manta
