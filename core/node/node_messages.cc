// SPDX-License-Identifier: Apache-2.0
// What workers say: the answers to calls, and their dealings with the object store.
#include <algorithm>

#include "core/node/node.h"

namespace manta {

bool Node::has_messages() {
  const std::lock_guard lock(mutex_);
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& entry) {
    WorkerRecord& worker = *entry.second;
    // What waits for room counts too: the worker may have made some, and rung, while this process was awake.
    return (!worker.from_worker.empty() && !worker.from_worker.is_corrupt()) || worker.can_flush();
  });
}

bool Node::take_messages() {
  Deferred deferred;
  bool any = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, worker] : workers_) {
      bool worker_waits = false;
      while (const auto bytes = worker->from_worker.front()) {
        any = true;
        if (const auto message = Message::parse(*bytes, arena_->capacity())) {
          handle(*worker, *message, deferred);
        } else {
          distrust(*worker);
        }
        worker_waits |= worker->from_worker.pop();
      }
      if (worker->from_worker.is_corrupt()) distrust(*worker);
      if (worker_waits) worker->bell->ring_all();
      worker->flush();
    }
    // Only after the loop: placing work adds workers.
    if (any) place_all(deferred);
  }
  carry_out(std::move(deferred));
  return any;
}

void Node::serve_messages() {
  // Callers that wait take their answers themselves; this thread serves those that nobody waits for, so it looks only
  // briefly before it sleeps.
  const int spins_before_sleep = spin_limit() / 10;
  Doorbell& bell = layout_of<NodePage>(page_)->node_bell;
  bell.enter();
  for (int spins = 0; !stop_;) {
    if (take_messages()) {
      spins = 0;
    } else if (++spins < spins_before_sleep) {
      cpu_relax();
    } else {
      const std::uint32_t sequence = bell.sequence();
      bell.leave();
      if (!has_messages() && !stop_) bell.sleep(sequence, Doorbell::kService, TimePoint::max());
      bell.enter();
      spins = 0;
    }
  }
  bell.leave();
}

void Node::handle(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const MessageHeader& header = message.header;
  switch (header.type) {
    case MessageType::kResult:
    case MessageType::kFailure: return handle_answer(worker, message, deferred);
    case MessageType::kChunkRequest: return grant_chunk(worker, header.b);
    case MessageType::kRelease:
      if (!worker.memory.release(header.a)) distrust(worker);
      return;
    case MessageType::kDiscard:
      if (!worker.memory.take_back(header.a, header.b)) distrust(worker);
      return;
    default: return distrust(worker);
  }
}

void Node::handle_answer(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const auto it = worker.in_flight.find(message.header.call);
  if (it == worker.in_flight.end()) return distrust(worker);
  CallInFlight flight = std::move(it->second);
  Call& call = flight.call;
  worker.in_flight.erase(it);
  ObjectState::Outcome outcome = take_outcome(worker, message, flight);
  for (const std::uint64_t offset : message.offsets) {
    const bool is_result = outcome && outcome->block && outcome->block->offset() == offset;
    BlockPtr block = is_result ? outcome->block : find_block(worker, flight, offset, 0);
    if (!block) return distrust(worker);
    worker.memory.hold(std::move(block));
  }
  if (call.type == MessageType::kRunTask) {
    release_resources(worker);
    idle_workers_.push_back(worker.id);
  }
  if (call.type == MessageType::kCreateActor && !outcome) {
    if (ActorRecord* actor = find_actor(worker.actor)) fail_constructor(*actor, outcome.error(), deferred);
  }
  if (!outcome && call.type == MessageType::kRunTask && call.result && call.retry.take(outcome.error().code)) {
    tasks_.push_front(std::move(call));
  } else {
    deferred.complete(call.result, std::move(outcome));
  }
}

ObjectState::Outcome Node::take_outcome(WorkerRecord& worker, const Message& message, const CallInFlight& call) {
  if (message.header.type == MessageType::kFailure)
    return Error{static_cast<ErrorCode>(message.header.function), message.text()};
  EncodedValue value;
  if (message.values.empty()) return value;
  const MessageValue& result = message.values.front();
  if (!result.in_store) {
    value.inline_bytes.assign(result.inline_bytes.begin(), result.inline_bytes.end());
    return value;
  }
  value.block = find_block(worker, call, result.offset, result.size);
  if (!value.block) value.block = worker.memory.adopt(result.offset, result.size);
  if (value.block) return value;
  distrust(worker);
  return Error{ErrorCode::kObjectLost, "the worker's result does not lie in its part of the object store"};
}

// The block at `offset` that the worker has by an argument of `call`, or holds from before. `size` 0: any.
BlockPtr Node::find_block(WorkerRecord& worker, const CallInFlight& call, std::uint64_t offset, std::uint64_t size) {
  const auto fits = [&](const BlockPtr& block) {
    return block && block->offset() == offset && (size == 0 || block->size() == size);
  };
  for (const BlockPtr& pin : call.pins)
    if (fits(pin)) return pin;
  BlockPtr held = worker.memory.held(offset);
  return fits(held) ? held : nullptr;
}

void Node::grant_chunk(WorkerRecord& worker, std::size_t size) {
  const auto range = worker.memory.lend(size);
  if (range) {
    builder_.start({.type = MessageType::kChunkGranted, .a = range->offset, .b = range->size});
  } else {
    builder_.start({.type = MessageType::kChunkRefused});
    builder_.add_text(range.error().message);
  }
  worker.send(builder_.bytes());
}

// A worker that writes what no worker writes has had its memory damaged: end it before it does more.
void Node::distrust(WorkerRecord& worker) {
  worker.kill("was killed because it sent what no worker sends: its memory is damaged");
}

}  // namespace manta
