// SPDX-License-Identifier: Apache-2.0
// Objects that a worker makes outside of calls: values that are put, and promises. Each function that returns a bool
// says with false that no worker sends such a thing.
#include "core/net/sent_error.h"
#include "core/node/node.h"

namespace manta {

ObjectPtr Node::new_promise() {
  ObjectPtr object = make_object();
  if (!open_promises_.add(object)) object->complete(shut_down_error());
  return object;
}

void Node::fulfil(const ObjectPtr& object, ObjectState::Outcome outcome) {
  const MemoryReserve::Use reserve;
  if (outcome) keep(object, *outcome, {.process = ids_.self()});
  object->complete(std::move(outcome));
  completion_.notify();
}

// What a kPut or kFulfil carries; none if no worker sends such a thing.
std::optional<ObjectState::Outcome> Node::take_outcome(WorkerRecord& worker, const Message& message) {
  if (message.header.function != 0) return sent_error(message.header.function - 1, message);
  if (message.values.size() != 1) return std::nullopt;
  TakenBlocks blocks{.worker = worker};
  std::optional<EncodedValue> taken = take_value(message.values.front(), blocks);
  if (!taken || !hold_blocks(message, blocks)) return std::nullopt;
  if (blocks.lacks_memory) return no_memory_error("a value");
  return std::move(*taken);
}

bool Node::put_for(WorkerRecord& worker, const Message& message) {
  const ObjectPtr object = promise(worker, message.header.call);
  std::optional<ObjectState::Outcome> outcome = take_outcome(worker, message);
  if (!object || !outcome) return false;
  if (*outcome) keep(object, **outcome, {.process = worker.id});
  // At once: calls that come behind use it. Nobody else has the object yet, so no callback can run.
  object->complete(std::move(*outcome));
  return true;
}

bool Node::promise_for(WorkerRecord& worker, const Message& message) {
  if (message.header.a != 0) return promise_direct(worker, message.header);
  ObjectPtr object = promise(worker, message.header.call);
  if (!object) return false;
  const ObjectId id = object->id();
  worker.promises.add(id, std::move(object));
  return true;
}

// Whoever has a ref may give the object its outcome: a promise can be kept by another process than the one that made
// it.
bool Node::fulfil_for(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const ObjectId id{.process = message.header.a, .number = message.header.call};
  ObjectPtr object = worker.references.object(id);
  std::optional<ObjectState::Outcome> outcome = take_outcome(worker, message);
  if (!object || !outcome) return false;
  if (!worker.promises.take(id)) direct_.take_promise(id);
  if (*outcome) keep(object, **outcome, {.process = worker.id});
  deferred.complete(object, std::move(*outcome));
  return true;
}

bool Node::drop_object_for(WorkerRecord& worker, const MessageHeader& drop, Deferred& deferred) {
  const ObjectId id{.process = drop.a, .number = drop.call};
  if (!worker.references.drop_object(id, drop.b)) return false;
  if (worker.references.object(id)) return true;
  if (const ObjectPtr object = worker.promises.take(id)) deferred.complete(object, dropped_promise_error());
  return true;
}

// What a dead worker had promised.
void Node::fail_promises(WorkerRecord& worker, const ActorRecord* actor, const std::string& cause, Deferred& deferred) {
  const Error error{actor != nullptr ? ErrorCode::kActorDied : ErrorCode::kWorkerDied,
                    (actor != nullptr ? "actor " + actor->spec.name : "the worker") + cause};
  worker.promises.drain([&](const ObjectPtr& object) { deferred.complete(object, error); });
}

}  // namespace manta
