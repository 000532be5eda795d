// SPDX-License-Identifier: Apache-2.0
// Calls from worker to worker: the node makes the pairs, lets fences through, and sees to what is left of them. Each
// function that returns a bool says with false that no worker sends such a thing.
#include <algorithm>

#include "core/net/function_table.h"
#include "core/net/lost_call.h"
#include "core/net/sent_error.h"
#include "core/node/node.h"

namespace manta {

DirectLayout& Node::layout_of_pair(const DirectPair& pair) const {
  return *std::launder(reinterpret_cast<DirectLayout*>(page_.data() + DirectSlots::offset_of(pair.slot)));
}

bool Node::handle_direct(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const MessageHeader& header = message.header;
  DirectPair* pair = direct_.at(header.a);
  const bool is_caller = pair != nullptr && pair->caller == worker.id;
  const bool is_callee = pair != nullptr && pair->callee == worker.id;
  switch (header.type) {
    case MessageType::kOpenDirect: return offer_direct(worker, header.a);
    case MessageType::kDirectFence: return pass_fence(worker, header.a, header.b);
    case MessageType::kDirectResult:
    case MessageType::kDirectFailure: return take_direct_answer(worker, message, deferred);
    case MessageType::kDirectAnswer:
      if (!is_callee || pair->is_answered) return false;
      pair->is_answered = true;
      open_direct(*pair, header.b != 0, deferred);
      return true;
    case MessageType::kDirectClosed:
      if (is_caller || is_callee) leave_direct(*pair, is_caller, deferred);
      return is_caller || is_callee;
    case MessageType::kDirectCancel:
      // Another thread of the caller may have left the pair just before.
      if (is_caller) cancel_direct(*pair, header.call);
      return true;
    case MessageType::kDirectDamaged:
      if (is_caller || is_callee) {
        const auto other = workers_.find(is_caller ? pair->callee : pair->caller);
        if (other != workers_.end()) distrust(*other->second);
      }
      return is_caller || is_callee;
    default: return false;
  }
}

// Only an actor that stays in its process, lives, and is to go on living. What may be made again after a death goes by
// the node, which remembers it.
bool Node::offer_direct(WorkerRecord& worker, std::uint64_t actor_id) {
  if (!worker.references.actor(actor_id)) return false;
  const ActorRecord* actor = find_actor(actor_id);
  const auto found = actor != nullptr ? workers_.find(actor->worker) : workers_.end();
  WorkerRecord* callee = found != workers_.end() ? found->second.get() : nullptr;
  const bool can_be = callee != nullptr && callee != &worker && worker.bell_index != 0 && callee->bell_index != 0 &&
                      actor->is_made && !actor->died && !actor->stop_wanted && callee->killed_because.empty() &&
                      actor->spec.max_restarts == 0 && actor->spec.max_task_retries == 0 && !closing_;
  DirectPair* pair = can_be ? direct_.add(worker.id, callee->id, actor_id, callee->direct_pairs + 1) : nullptr;
  if (pair == nullptr) {
    builder_.start({.type = MessageType::kDirectRefused, .a = actor_id});
    worker.send(builder_.bytes());
    return true;
  }
  ++callee->direct_pairs;
  auto* layout = new (page_.data() + DirectSlots::offset_of(pair->slot)) DirectLayout;
  layout->caller_bell = worker.bell_index;
  layout->callee_bell = callee->bell_index;
  builder_.start({.type = MessageType::kDirectOffer, .call = worker.id, .a = pair->key, .b = pair->slot});
  callee->send(builder_.bytes());
  return true;
}

// The callee has answered the offer.
void Node::open_direct(DirectPair& pair, bool is_accepted, Deferred& deferred) {
  if (!is_accepted) pair.callee_is_gone = true;
  if (const auto caller = workers_.find(pair.caller); caller != workers_.end() && !pair.caller_is_gone) {
    pair.is_open = is_accepted;
    pair.caller_is_gone = !is_accepted;
    builder_.start({.type = is_accepted ? MessageType::kDirectOpened : MessageType::kDirectRefused,
                    .a = pair.actor,
                    .b = pair.slot});
    caller->second->send(builder_.bytes());
  }
  end_if_left(pair, deferred);
}

// One of its ends has let go of its memory.
void Node::leave_direct(DirectPair& pair, bool is_caller, Deferred& deferred) {
  if (is_caller) {
    pair.caller_is_gone = true;
    end_service(pair);
  } else {
    pair.callee_is_gone = true;
  }
  end_if_left(pair, deferred);
}

// The caller is gone: the callee is to take what it has sent, and to leave.
void Node::end_service(const DirectPair& pair) {
  const auto callee = workers_.find(pair.callee);
  if (callee == workers_.end() || pair.callee_is_gone) return;
  builder_.start({.type = MessageType::kDirectEnded, .a = pair.key});
  callee->second->send(builder_.bytes());
}

// Behind all calls that the node has had from the caller.
bool Node::pass_fence(WorkerRecord& worker, std::uint64_t actor_id, std::uint64_t fence) {
  ActorRecord* actor = find_actor(actor_id);
  const DirectPair* pair = direct_.find(worker.id, actor_id);
  if (actor == nullptr || actor->died || pair == nullptr) return true;  // It has died meanwhile.
  Call call{.type = MessageType::kDirectFence, .caller = worker.id, .fence = fence};
  if (!actor->queue.empty()) {
    actor->queue.push_back(std::move(call));
  } else {
    raise_fence(*actor, call);
  }
  return true;
}

void Node::raise_fence(const ActorRecord& actor, const Call& fence) {
  const DirectPair* pair = direct_.find(fence.caller, actor.id);
  const auto callee = workers_.find(actor.worker);
  if (pair == nullptr || pair->callee_is_gone || callee == workers_.end()) return;
  builder_.start({.type = MessageType::kDirectFence, .a = pair->key, .b = fence.fence});
  callee->second->send(builder_.bytes());
}

void Node::cancel_direct(const DirectPair& pair, std::uint64_t call) {
  const auto callee = workers_.find(pair.callee);
  if (callee == workers_.end() || pair.callee_is_gone) return;
  builder_.start({.type = MessageType::kCancel, .call = DirectNumber::of(pair.key, call & DirectNumber::kCallMask)});
  callee->second->send(builder_.bytes());
}

// Somebody to whom the ref of a direct call went has cancelled it: those at both ends are told.
void Node::cancel_promise(const ObjectPtr& object, Deferred& deferred) {
  const ObjectId& id = object->id();
  const DirectPromise* promise = direct_.find_promise(id);
  if (promise == nullptr) return;
  if (const DirectPair* pair = direct_.between(id.process, promise->callee)) cancel_direct(*pair, id.number);
  if (workers_.contains(id.process)) deferred.watches.push_back({.object = object, .id = id, .worker = id.process});
}

// The result of a direct call becomes known while it is pending.
bool Node::promise_direct(WorkerRecord& worker, const MessageHeader& header) {
  const ObjectId id{.process = worker.id, .number = header.call};
  if (worker.references.object(id)) return true;  // Its outcome came by the node just now.
  const DirectPair* pair = direct_.at(header.a - 1);
  const FunctionEntry* function = find_function(header.function);
  if (pair == nullptr || pair->caller != worker.id || function == nullptr) return false;
  const ObjectPtr object = promise(worker, header.call);
  if (!object) return false;
  object->set_call_name(function->name.data());
  direct_.add_promise(id, {.object = object, .callee = pair->callee, .call_name = function->name});
  return true;
}

// An answer that could not go directly.
bool Node::take_direct_answer(WorkerRecord& worker, const Message& message, Deferred& deferred) {
  const ObjectId id{.process = message.header.a, .number = message.header.call};
  std::optional<DirectPromise> promised;
  if (const DirectPromise* known = direct_.find_promise(id); known != nullptr && known->callee == worker.id)
    promised = direct_.take_promise(id);
  TakenBlocks blocks{.worker = worker};
  ObjectState::Outcome outcome = EncodedValue();
  if (message.header.type == MessageType::kDirectFailure) {
    outcome = sent_error(message.header.function, message);
  } else {
    if (message.values.size() != 1) return false;
    std::optional<EncodedValue> taken = take_value(message.values.front(), blocks);
    if (!taken) return false;
    outcome = std::move(*taken);
  }
  if (!hold_blocks(message, blocks)) return false;
  if (blocks.lacks_memory) outcome = no_memory_error("the result of a call");
  const auto caller = workers_.find(id.process);
  const DirectPair* pair = direct_.between(id.process, worker.id);
  const bool is_heard = caller != workers_.end() && pair != nullptr && pair->is_open && !pair->caller_is_gone;
  ObjectPtr object = promised ? promised->object : nullptr;
  if (!object && is_heard) object = caller->second->references.object(id);
  if (!object && is_heard) object = promise(*caller->second, id.number);
  if (!object) return true;  // Nobody wants it any more.
  if (outcome) keep(object, *outcome, {.process = worker.id});
  deferred.complete(object, std::move(outcome));
  if (!is_heard) return true;
  builder_.start({.type = MessageType::kDirectByNode, .call = id.number, .a = pair->actor});
  caller->second->send(builder_.bytes());
  deferred.watches.push_back({.object = std::move(object), .id = id, .worker = id.process});
  return true;
}

// The worker is no more. `death` is that of its actor, if it had one. With its record, which is no longer among
// the workers.
void Node::end_pairs(WorkerRecord& worker, const Error* death, Deferred& deferred) {
  bells_.give_back(worker.bell_index);
  direct_.for_each([&](DirectPair& pair) {
    if (pair.caller != worker.id && pair.callee != worker.id) return;
    const auto other = workers_.find(pair.caller == worker.id ? pair.callee : pair.caller);
    if (pair.caller == worker.id) {
      pair.caller_is_gone = true;
      end_service(pair);
    } else {
      pair.callee_is_gone = true;
      pair.death = death != nullptr ? *death : Error{ErrorCode::kActorDied, "its process ended"};
      if (other != workers_.end() && !pair.caller_is_gone) {
        build_failure(builder_,
                      {.type = MessageType::kDirectLost,
                       .function = static_cast<std::uint64_t>(pair.death->code),
                       .a = pair.actor},
                      *pair.death);
        builder_.add_text(name_of_caller(pair.caller));
        other->second->send(builder_.bytes());
        if (!pair.is_open) pair.caller_is_gone = true;
      }
    }
    // It may have died with its hand on the other's bell.
    if (other != workers_.end()) other->second->bell->ring_all();
    end_if_left(pair, deferred);
  });
  // Of callers that had died before.
  const Error error = death != nullptr ? *death : Error{ErrorCode::kActorDied, "its process ended"};
  const auto is_orphan = [&](const ObjectId& id, const DirectPromise& promise) {
    return promise.callee == worker.id && !workers_.contains(id.process);
  };
  for (const DirectPromise& promise : direct_.take_promises(is_orphan)) fail_promise(promise, error, deferred);
}

void Node::fail_promise(const DirectPromise& promise, const Error& death, Deferred& deferred) {
  deferred.complete(promise.object, lost_call_error(death, {.name = promise.call_name}, "a process that has ended"));
}

// Once neither end touches it, its memory is free for another one.
void Node::end_if_left(DirectPair& pair, Deferred& deferred) {
  if (!pair.caller_is_gone || !pair.callee_is_gone) return;
  DirectLayout& layout = layout_of_pair(pair);
  const bool all_read = take_last_answers(pair, layout, deferred);
  count_direct(layout, pair.death.has_value(), counts_);
  // Where not all could be read, nobody knows which answers were there.
  if ((pair.death || !all_read) && !workers_.contains(pair.caller)) {
    const auto is_left = [&](const ObjectId& id, const DirectPromise& promise) {
      return id.process == pair.caller && promise.callee == pair.callee;
    };
    for (const DirectPromise& promise : direct_.take_promises(is_left)) {
      if (pair.death) {
        fail_promise(promise, *pair.death, deferred);
      } else {
        deferred.complete(promise.object,
                          Error{ErrorCode::kObjectLost, "the answer of " + std::string(promise.call_name) +
                                                            " was damaged by the process that called it"});
      }
    }
  }
  page_.discard(DirectSlots::offset_of(pair.slot), DirectLayout::kTotalBytes);
  direct_.remove(pair.slot);
}

// What the callee had answered when the caller died, and others wait for. False: some of it is damaged.
bool Node::take_last_answers(const DirectPair& pair, DirectLayout& layout, Deferred& deferred) {
  RingConsumer answers(&layout.answers, layout.answers_data(), DirectLayout::kRingBytes, layout.answers.head.load());
  Message message;
  for (auto bytes = answers.front(); bytes; bytes = answers.front()) {
    if (!message.read(*bytes, 0)) return false;
    std::optional<DirectPromise> promise =
        direct_.take_promise({.process = pair.caller, .number = message.header.call});
    answers.pop();
    if (!promise) continue;
    if (message.header.type == MessageType::kResult && message.values.size() == 1 &&
        message.values.front().kind == MessageValue::Kind::kInline && message.values.front().reference_count() == 0) {
      const std::span<const std::byte> result = message.values.front().inline_bytes;
      deferred.complete(promise->object, with_memory(promise->call_name, [&] {
                          EncodedValue value;
                          value.inline_bytes.assign(result.begin(), result.end());
                          return value;
                        }));
    } else {
      deferred.complete(promise->object, sent_error(message.header.function, message));
    }
  }
  return !answers.is_corrupt();
}

// Adds the pair's calls. What its ends say is not to be trusted, and they may say it just now.
void Node::count_direct(const DirectLayout& layout, bool has_died, RuntimeCounts& counts) {
  const std::uint64_t made = layout.made.load();
  const std::uint64_t answered = std::min(made, layout.answered.load());
  counts.actor_calls += made;
  const std::uint64_t failed = std::min(answered, layout.failed.load());
  counts.actor_calls_finished += answered - failed;
  counts.actor_calls_failed += failed + (has_died ? made - answered : 0);
}

// Direct calls of the worker's actor that were made and not answered.
std::size_t Node::direct_calls_of(std::uint64_t callee) {
  std::size_t count = 0;
  direct_.for_each([&](const DirectPair& pair) {
    if (pair.callee != callee || pair.callee_is_gone) return;
    const DirectLayout& layout = layout_of_pair(pair);
    const std::uint64_t answered = layout.answered.load();
    count += std::max(layout.made.load(), answered) - answered;
  });
  return count;
}

}  // namespace manta
