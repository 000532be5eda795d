// SPDX-License-Identifier: Apache-2.0
// What workers say: the answers to calls, and their dealings with the object store.
#include <algorithm>

#include "core/node/node.h"

namespace manta {

bool Node::has_messages() {
  if (any_released_) return true;
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
    stop_released(deferred);
    for (auto& [id, worker] : workers_) {
      bool worker_waits = false;
      while (const auto bytes = worker->from_worker.front()) {
        any = true;
        if (incoming_.read(*bytes, arena_->capacity())) {
          handle(*worker, incoming_, deferred);
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
    case MessageType::kLendChunk: return lend_chunk(worker, header);
    case MessageType::kRelease:
      if (!worker.memory.release(header.a)) distrust(worker);
      return;
    case MessageType::kDiscard:
      if (!worker.memory.take_back(header.a, header.b)) distrust(worker);
      return;
    default:
      if (!handle_request(worker, message, deferred)) distrust(worker);
  }
}

void Node::handle_answer(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  std::optional<Call> answered = worker.in_flight.take(message.header.call);
  if (!answered) return distrust(worker);
  Call& call = *answered;
  ObjectState::Outcome outcome = take_outcome(worker, message, call);
  std::vector<BlockPtr> known;
  if (outcome && outcome->block) known.push_back(outcome->block);
  if (!hold_blocks(worker, message, &call, known)) return distrust(worker);
  if (call.type == MessageType::kRunTask) {
    release_resources(worker);
    become_idle(worker);
  }
  if (call.type == MessageType::kCreateActor && !outcome) {
    if (ActorRecord* actor = find_actor(worker.actor)) fail_constructor(*actor, outcome.error(), deferred);
  }
  const bool again = !outcome && call.type == MessageType::kRunTask && call.result && call.retries_left > 0 &&
                     call.task->retries_on(outcome.error().code);
  if (again) {
    --call.retries_left;
    tasks_.push_front(std::move(call));
  } else {
    deferred.complete(call.result, std::move(outcome));
  }
}

ObjectState::Outcome Node::take_outcome(WorkerRecord& worker, const Message& message, const Call& call) {
  if (message.header.type == MessageType::kFailure)
    return Error{static_cast<ErrorCode>(message.header.function), message.text()};
  EncodedValue value;
  if (message.values.empty()) return value;
  const MessageValue& result = message.values.front();
  const bool known = take_references(worker, result, value.references);
  if (result.kind == MessageValue::Kind::kInline && known) {
    value.inline_bytes.assign(result.inline_bytes.begin(), result.inline_bytes.end());
    return value;
  }
  if (result.kind == MessageValue::Kind::kStored && known) {
    value.block = find_block(worker, &call, result.offset, result.size);
    if (!value.block) value.block = worker.memory.adopt(result.offset, result.size);
    if (value.block) return value;
  }
  distrust(worker);
  return Error{ErrorCode::kObjectLost, "the worker's result names what the worker does not have"};
}

// The block at `offset` that the worker has by an argument of `call`, by one of the calls that it runs if that is null,
// or holds from before. `size` 0: any.
BlockPtr Node::find_block(WorkerRecord& worker, const Call* call, std::uint64_t offset, std::uint64_t size) {
  const auto fits = [&](const BlockPtr& block) {
    return block && block->offset() == offset && (size == 0 || block->size() == size);
  };
  BlockPtr held = worker.memory.held(offset);
  if (fits(held)) return held;
  const auto look = [&](const Call& flight) {
    for (const BlockPtr& block : flight.blocks)
      if (!held && fits(block)) held = block;
  };
  held = nullptr;
  if (call != nullptr) {
    look(*call);
  } else {
    worker.in_flight.for_each(look);
  }
  return held;
}

// The worker goes on holding the blocks that the message lists; `known` are those that came with it.
bool Node::hold_blocks(WorkerRecord& worker, const Message& message, const Call* call,
                       const std::vector<BlockPtr>& known) {
  for (const std::uint64_t offset : message.offsets) {
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const BlockPtr& block) { return block->offset() == offset; });
    BlockPtr block = it != known.end() ? *it : find_block(worker, call, offset, 0);
    if (!block) return false;
    worker.memory.hold(std::move(block));
  }
  return true;
}

void Node::lend_chunk(WorkerRecord& worker, const MessageHeader& request) {
  const auto range = worker.memory.lend(request.b);
  if (range) {
    reply(worker, request.call, range->offset, range->size);
  } else {
    refuse(worker, request.call, range.error());
  }
}

// A worker that writes what no worker writes has had its memory damaged: end it before it does more.
void Node::distrust(WorkerRecord& worker) {
  worker.kill("was killed because it sent what no worker sends: its memory is damaged");
}

}  // namespace manta
