// SPDX-License-Identifier: Apache-2.0
// What workers say: the answers to calls, and their dealings with the object store.
#include <algorithm>
#include <limits>

#include "core/net/function_table.h"
#include "core/net/sent_error.h"
#include "core/node/node.h"

namespace manta {

bool Node::has_messages() {
  if (any_released_) return true;
  const std::lock_guard lock(mutex_);
  bool any = attention_.any_flagged();
  attention_.for_each_watched([&](const WorkerRecord& worker) { any |= worker.has_message(); });
  // What waits for room counts too: the worker may have made some, and rung, while this process was awake.
  return any || std::any_of(unsent_.begin(), unsent_.end(), [](WorkerRecord* worker) { return worker->can_flush(); });
}

std::size_t Node::take_messages(Whose whose) {
  const MemoryReserve::Use reserve;
  std::unique_lock lock(mutex_);
  const std::vector<WorkerRecord*>& chosen = choose_workers(whose);
  if (chosen.empty() && !any_released_) return 0;  // As nearly always while somebody looks again and again.
  Deferred deferred;
  stop_released(deferred);
  std::size_t count = 0;
  for (WorkerRecord* worker : chosen)
    count += take_messages_of(*worker, std::numeric_limits<std::size_t>::max(), deferred);
  // Only after the loop: placing work adds workers.
  if (count > 0) place_all(deferred);
  if (count > 0) carrying_out_.fetch_add(1);
  lock.unlock();
  if (count > 0) {
    carry_out_counted(std::move(deferred));
  } else {
    carry_out(std::move(deferred));
  }
  return count;
}

// Those that may have a message, or room for what waits.
const std::vector<WorkerRecord*>& Node::choose_workers(Whose whose) {
  chosen_.clear();
  const auto choose = [&](WorkerRecord& worker) { chosen_.push_back(&worker); };
  if (whose == Whose::kAll) {
    for (const auto& [id, worker] : workers_) choose(*worker);
    return chosen_;
  }
  attention_.for_each_watched([&](WorkerRecord& worker) {
    if (worker.has_message()) choose(worker);
  });
  attention_.take_flagged(choose);
  for (WorkerRecord* worker : unsent_) choose(*worker);
  return chosen_;
}

// At most `most` of them; how many.
std::size_t Node::take_messages_of(WorkerRecord& worker, std::size_t most, Deferred& deferred) {
  constexpr std::size_t kPerRelease = 32;  // Each release takes the cache line from the worker.
  std::size_t count = 0;
  bool worker_waits = false;
  while (count < most) {
    const auto bytes = worker.from_worker.front();
    if (!bytes) break;
    ++count;
    const auto message = assemble(worker, *bytes);
    if (message && incoming_.read(*message, arena_->capacity())) {
      handle(worker, incoming_, deferred);
    } else if (message) {
      distrust(worker);
    }
    worker.from_worker.advance();
    if (count % kPerRelease == 0) worker_waits |= worker.from_worker.release();
  }
  if (count % kPerRelease != 0) worker_waits |= worker.from_worker.release();
  if (worker.from_worker.is_corrupt()) distrust(worker);
  if (worker_waits) worker.bell->ring_all();
  worker.flush();
  return count;
}

// The message that `bytes` is, or completes. Of one for which there is no memory the rest, and the worker, come to
// nothing: with what it says, all that it has said since would have to go.
std::optional<std::span<const std::byte>> Node::assemble(WorkerRecord& worker, std::span<const std::byte> bytes) {
  constexpr std::size_t kMuch = std::size_t{64} << 10;
  constexpr std::size_t kTimes = 8;  // What is made of it, at most.
  if (worker.is_unheard) return std::nullopt;
  if (bytes.size() <= kMuch && !MessageAssembler::is_piece(bytes)) return worker.assembler.take(bytes);
  auto taken = with_memory("a message", [&] {
    auto message = worker.assembler.take(bytes);
    if (message && message->size() > kMuch) static_cast<void>(std::make_unique<std::byte[]>(kTimes * message->size()));
    return message;
  });
  if (taken) return *taken;
  worker.is_unheard = true;
  kill_worker(worker, "was killed because the driver had no memory for what it sent (bad_alloc)");
  return std::nullopt;
}

bool Node::step_message(std::uint64_t worker) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    stop_released(deferred);
    if (const auto it = workers_.find(worker); it != workers_.end())
      taken = take_messages_of(*it->second, 1, deferred) > 0;
    place_all(deferred);
    carrying_out_.fetch_add(1);
  }
  carry_out_counted(std::move(deferred));
  return taken;
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
      if (header.type >= MessageType::kOpenDirect && header.type <= MessageType::kDirectFence
              ? !handle_direct(worker, message, deferred)
              : !handle_request(worker, message, deferred))
        distrust(worker, unknown_thing(worker, header));
  }
}

// What the worker names in a message and has not been given; "": the message is wrong otherwise.
std::string Node::unknown_thing(const WorkerRecord& worker, const MessageHeader& header) {
  switch (header.type) {
    case MessageType::kCallActor:
    case MessageType::kDropActor:
    case MessageType::kStopActor:
    case MessageType::kKillActor:
    case MessageType::kMonitor:
    case MessageType::kOpenDirect: return worker.references.actor(header.a) ? "" : global_name("actor", header.a);
    case MessageType::kFulfil:
    case MessageType::kWatch:
    case MessageType::kDropObject:
    case MessageType::kCancelCall: {
      const ObjectId id{.process = header.a, .number = header.call};
      return worker.references.object(id) ? "" : to_string(id);
    }
    default: return "";
  }
}

void Node::handle_answer(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  if (take_plain_answer(worker, message, deferred)) return;
  std::optional<Call> answered = worker.in_flight.take(message.header.call);
  if (!answered) return distrust(worker);
  count_answer(worker, message, *answered);
  if (worker.saved_with_call == message.header.call) confirm_checkpoint(worker);
  if (message.header.type == MessageType::kFailure) return handle_failure(worker, message, *answered, deferred);
  if (!take_results(worker, message, *answered, deferred)) {
    deferred.fail(*answered, {ErrorCode::kObjectLost, "the worker's result names what the worker does not have"});
    return distrust(worker);
  }
  if (answered->type == MessageType::kCreateActor)
    if (ActorRecord* actor = find_actor(worker.actor)) actor->is_made = true;
  if (answered->type == MessageType::kRunTask) end_task(worker, answered->function, Duration(message.header.b));
  go_on_sending(worker, deferred);
}

// Of most calls: a method or a task, answered with one small value that refers to nothing. False: it was left as it is.
bool Node::take_plain_answer(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const std::uint64_t number = message.header.call;
  if (message.header.type != MessageType::kResult || message.values.size() != 1 || !message.offsets.empty())
    return false;
  const MessageValue& value = message.values.front();
  if (value.kind != MessageValue::Kind::kInline || !value.references.empty() ||
      value.inline_bytes.size() > SmallBytes::kInline)
    return false;
  Call* call = worker.in_flight.find(number);
  const bool is_plain = call != nullptr && call->type != MessageType::kCreateActor && call->result &&
                        call->more_results.empty() && worker.saved_with_call != number;
  if (!is_plain) return false;
  count_answer(worker, message, *call);
  EncodedValue result;
  result.inline_bytes.append(value.inline_bytes.data(), value.inline_bytes.size());
  deferred.complete(call->result, std::move(result));
  const bool is_task = call->type == MessageType::kRunTask;
  const std::uint64_t function = call->function;
  worker.in_flight.drop(number);
  if (is_task) end_task(worker, function, Duration(message.header.b));
  go_on_sending(worker, deferred);
  return true;
}

// What could not be sent may be possible now.
void Node::go_on_sending(WorkerRecord& worker, Deferred& deferred) {
  if (!worker.awaits_answer) return;
  worker.awaits_answer = false;
  ActorRecord* actor = find_actor(worker.actor);
  if (actor != nullptr && !actor->died) pump_actor(*actor, deferred);
}

void Node::handle_failure(WorkerRecord& worker, const Message& message, Call& call, Deferred& deferred) {
  const Error error = sent_error(message.header.function, message);
  if (!hold_blocks(message, {.worker = worker, .call = &call})) {
    deferred.fail(call, error);
    return distrust(worker);
  }
  if (call.type == MessageType::kRunTask) end_task(worker, call.function, Duration(message.header.b));
  if (call.type == MessageType::kCreateActor) {
    if (ActorRecord* actor = find_actor(worker.actor)) fail_constructor(*actor, error, deferred);
  }
  if (is_retried(worker, call, error.code)) {
    make_again(worker, std::move(call), deferred);
  } else {
    deferred.fail(call, error);
  }
  go_on_sending(worker, deferred);
}

// Whoever reads a generator's values must not get any of them twice.
bool Node::can_be_made_again(const Call& call) {
  if (!call.result || call.is_settled() || call.retries_left <= 0) return false;
  const FunctionEntry* function = find_function(call.function);
  if (function == nullptr || function->kind != FunctionKind::kGenerator || call.references.empty()) return true;
  const auto* first = std::get_if<ObjectPtr>(&call.references.front());
  return first == nullptr || !(*first)->is_ready();
}

// Whether a call that has ended with `code` is made again.
bool Node::is_retried(const WorkerRecord& worker, const Call& call, ErrorCode code) {
  if (!can_be_made_again(call)) return false;
  if (call.type == MessageType::kRunTask) return call.task->retry_on.contain(code);
  if (call.type != MessageType::kCallMethod || code == ErrorCode::kActorDied) return false;  // It has not died.
  const ActorRecord* actor = find_actor(worker.actor);
  return actor != nullptr && !actor->died && actor->spec.retry_on.contain(code);
}

void Node::make_again(WorkerRecord& worker, Call&& call, Deferred& deferred) {
  --call.retries_left;
  ++counts_.tasks_retried;
  if (call.type == MessageType::kRunTask) return tasks_.push_front(std::move(call));
  ActorRecord& actor = *find_actor(worker.actor);
  actor.queue.push_front(std::move(call));
  actor.waits_for_argument = false;  // That of another one, which may be what this one gives.
  pump_actor(actor, deferred);
}

// Gives the call's results their values. False: no worker sends such a thing.
bool Node::take_results(WorkerRecord& worker, const Message& message, Call& call, Deferred& deferred) {
  const std::size_t count = call.result ? 1 + call.more_results.size() : 0;
  if (call.result && message.values.size() != count) return false;
  TakenBlocks blocks{.worker = worker, .call = &call};
  EncodedValue first;
  std::vector<EncodedValue> more;
  for (std::size_t i = 0; i < message.values.size(); ++i) {
    std::optional<EncodedValue> taken = take_value(message.values[i], blocks);
    if (!taken) return false;
    (i == 0 ? first : more.emplace_back()) = std::move(*taken);
  }
  if (!hold_blocks(message, blocks)) return false;
  if (blocks.lacks_memory) {
    deferred.fail(call, no_memory_error(call.name));
    return true;
  }
  const bool can_be_lost = has_blocks(first) || std::any_of(more.begin(), more.end(), has_blocks);
  if (count > 0 && can_be_lost) remember(call);
  const ObjectOrigin origin = origin_of(worker, call);
  for (std::size_t i = 0; i < count; ++i) {
    const ObjectPtr& result = i == 0 ? call.result : call.more_results[i - 1];
    EncodedValue& value = i == 0 ? first : more[i - 1];
    keep(result, value, origin);
    deferred.complete(result, std::move(value));
  }
  return true;
}

// A worker that writes what no worker writes has had its memory damaged: end it before it does more.
void Node::distrust(WorkerRecord& worker, const std::string& unknown) {
  kill_worker(worker, "was killed because it sent what no worker sends" +
                          (unknown.empty() ? "" : " (it was never given " + unknown + ")") + ": its memory is damaged");
}

}  // namespace manta
