// SPDX-License-Identifier: Apache-2.0
// Calls to a worker, and what their values refer to.
#include <algorithm>
#include <utility>

#include "core/net/actor_lease.h"
#include "core/node/node.h"

namespace manta {

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
  if (object.id().number == 0) object.set_id({.process = ids_.self(), .number = next_object_++});
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

}  // namespace manta
