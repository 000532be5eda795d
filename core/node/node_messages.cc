// SPDX-License-Identifier: Apache-2.0
// What workers say: the answers to calls, and their dealings with the object store.
#include <time.h>

#include <algorithm>
#include <limits>

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

std::size_t Node::take_messages() {
  Deferred deferred;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    stop_released(deferred);
    for (auto& [id, worker] : workers_)
      count += take_messages_of(*worker, std::numeric_limits<std::size_t>::max(), deferred);
    // Only after the loop: placing work adds workers.
    if (count > 0) place_all(deferred);
  }
  carry_out(std::move(deferred));
  return count;
}

// At most `most` of them; how many.
std::size_t Node::take_messages_of(WorkerRecord& worker, std::size_t most, Deferred& deferred) {
  std::size_t count = 0;
  bool worker_waits = false;
  while (count < most) {
    const auto bytes = worker.from_worker.front();
    if (!bytes) break;
    ++count;
    const auto message = worker.assembler.take(*bytes);
    if (message && incoming_.read(*message, arena_->capacity())) {
      handle(worker, incoming_, deferred);
    } else if (message) {
      distrust(worker);
    }
    worker_waits |= worker.from_worker.pop();
  }
  if (worker.from_worker.is_corrupt()) distrust(worker);
  if (worker_waits) worker.bell->ring_all();
  worker.flush();
  return count;
}

bool Node::step_message(std::uint64_t worker) {
  Deferred deferred;
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    stop_released(deferred);
    if (const auto it = workers_.find(worker); it != workers_.end())
      taken = take_messages_of(*it->second, 1, deferred) > 0;
    place_all(deferred);
  }
  carry_out(std::move(deferred));
  return taken;
}

void Node::serve_messages() {
  // Callers that wait take their answers themselves; this thread serves those that nobody waits for, so it looks only
  // briefly before it sleeps.
  const int spins_before_sleep = spin_limit() / 10;
  // Where messages come in crowds, it naps while it counts as awake, so that nobody needs to wake it for each of them.
  constexpr std::size_t kMany = 16;
  constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 20'000};
  Doorbell& bell = layout_of<NodePage>(page_)->node_bell;
  bell.enter();
  for (int spins = 0; !stop_;) {
    if (const std::size_t taken = take_messages(); taken > 0) {
      spins = 0;
      if (taken >= kMany) ::nanosleep(&kNap, nullptr);
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
    case MessageType::kLendChunk: return lend_chunk(worker, header, deferred);
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
  const bool failed = message.header.type == MessageType::kFailure;
  const Error error{failed ? static_cast<ErrorCode>(message.header.function) : ErrorCode::kObjectLost,
                    failed ? message.text() : "the worker's result names what the worker does not have"};
  if (failed ? !hold_blocks(worker, message, &call, {}) : !take_results(worker, message, call, deferred)) {
    deferred.fail(call, error);
    return distrust(worker);
  }
  if (call.type == MessageType::kRunTask) end_task(worker, call, Duration(message.header.b));
  if (!failed) return;
  if (call.type == MessageType::kCreateActor) {
    if (ActorRecord* actor = find_actor(worker.actor)) fail_constructor(*actor, error, deferred);
  }
  const bool again = call.type == MessageType::kRunTask && call.result && !call.is_settled() && call.retries_left > 0 &&
                     call.task->retries_on(error.code);
  if (again) {
    --call.retries_left;
    tasks_.push_front(std::move(call));
  } else {
    deferred.fail(call, error);
  }
}

// Gives the call's results their values. False: no worker sends such a thing.
bool Node::take_results(WorkerRecord& worker, const Message& message, Call& call, Deferred& deferred) {
  const std::size_t count = call.result ? 1 + call.more_results.size() : 0;
  if (call.result && message.values.size() != count) return false;
  std::vector<BlockPtr> known;
  std::vector<EncodedValue> values;
  for (const MessageValue& value : message.values) {
    std::optional<EncodedValue> taken = take_value(worker, value, &call);
    if (!taken) return false;
    if (taken->block) known.push_back(taken->block);
    values.push_back(std::move(*taken));
  }
  if (!hold_blocks(worker, message, &call, known)) return false;
  if (count == 0) return true;
  for (std::size_t i = 0; i < count; ++i)
    keep(i == 0 ? call.result : call.more_results[i - 1], values[i], {.process = worker.id, .label = call.name});
  deferred.complete(std::move(call.result), std::move(values.front()));
  for (std::size_t i = 1; i < count; ++i) deferred.complete(std::move(call.more_results[i - 1]), std::move(values[i]));
  return true;
}

// The value that a worker has sent, of the call that it answers, or of one that it runs if that is null.
std::optional<EncodedValue> Node::take_value(WorkerRecord& worker, const MessageValue& value, const Call* call) {
  EncodedValue taken;
  if (!take_references(worker, value, taken.references)) return std::nullopt;
  if (value.kind == MessageValue::Kind::kInline) {
    taken.inline_bytes.assign(value.inline_bytes.begin(), value.inline_bytes.end());
    return taken;
  }
  if (value.kind != MessageValue::Kind::kStored) return std::nullopt;
  taken.block = find_block(worker, call, value.offset, value.size);
  if (!taken.block) taken.block = worker.memory.adopt(value.offset, value.size);
  if (!taken.block) return std::nullopt;
  return taken;
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
                       std::span<const BlockPtr> known) {
  for (const std::uint64_t offset : message.offsets) {
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const BlockPtr& block) { return block->offset() == offset; });
    BlockPtr block = it != known.end() ? *it : find_block(worker, call, offset, 0);
    if (!block) return false;
    worker.memory.hold(std::move(block));
  }
  return true;
}

// A worker that writes what no worker writes has had its memory damaged: end it before it does more.
void Node::distrust(WorkerRecord& worker) {
  worker.kill("was killed because it sent what no worker sends: its memory is damaged");
}

}  // namespace manta
