// SPDX-License-Identifier: Apache-2.0
// Objects that leave memory and come back, and room for new ones.
#include <algorithm>

#include "core/node/node.h"

namespace manta {

// Somebody finds no room: workers are to let go of what nobody reads there.
void Node::relieve() {
  const MemoryReserve::Use reserve;
  constexpr Duration kPause = std::chrono::milliseconds(50);
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_->now();
  for (auto& [id, worker] : workers_) {
    if (worker->memory.empty() || now < worker->next_let_go) continue;
    worker->next_let_go = now + kPause;
    builder_.start({.type = MessageType::kLetGo});
    worker->send(builder_.bytes());
  }
}

// Its bytes may leave memory from now on, and are accounted for.
void Node::keep(const ObjectPtr& object, EncodedValue& value, const ObjectOrigin& origin) {
  if (value.block) value.block = store_->keep(std::move(value.block));
  for (Reference& reference : value.references)
    if (auto* block = std::get_if<BlockPtr>(&reference)) *block = store_->keep(std::move(*block));
  objects_.add(object, stored_bytes(value), origin);
}

Result<std::vector<BlockPtr>> Node::hold(const ObjectPtr& object, TimePoint deadline) {
  struct Waiting {
    Result<std::vector<BlockPtr>> held = std::vector<BlockPtr>();
    std::atomic<bool> is_done{false};
  };
  const auto waiting = std::make_shared<Waiting>();
  store_->hold(blocks_of(*object->outcome()), [this, waiting](Result<std::vector<BlockPtr>> held) {
    waiting->held = std::move(held);
    waiting->is_done = true;
    completion_.notify();
  });
  if (!completion_.wait([&] { return waiting->is_done.load(); }, deadline))
    return Error{ErrorCode::kTimeout, "the object was not read back from disk in time; it is still being read"};
  return std::move(waiting->held);
}

std::vector<BlockPtr> Node::argument_blocks(const Call& call) {
  std::vector<BlockPtr> blocks;
  for (const Call::Late& argument : call.late)
    for (BlockPtr& block : blocks_of(*argument.object->outcome())) blocks.push_back(std::move(block));
  return blocks;
}

// A process can be shown this node's store only. An object that has outlived its runtime lies in that one's.
Result<void> Node::check_here(std::span<const BlockPtr> blocks) const {
  const auto is_here = [&](const BlockPtr& block) { return arena_->block_of(block->data(), block) != nullptr; };
  if (std::all_of(blocks.begin(), blocks.end(), is_here)) return {};
  return Error{ErrorCode::kFailedPrecondition, "the object lies in the store of another runtime than this, " +
                                                   to_string(ids_.node()) + ": get() it, and put() it here"};
}

// The arguments that are refs, all of them there, stay in memory until the call is answered. False: some have left it.
Result<bool> Node::hold_arguments(Call& call) {
  if (call.late.empty()) return true;
  std::vector<BlockPtr> held;
  for (const BlockPtr& block : argument_blocks(call)) {
    held.push_back(resident(block));
    if (!held.back()) return false;
  }
  MANTA_RETURN_IF_ERROR(check_here(held));
  for (BlockPtr& block : held)
    if (std::find(call.blocks.begin(), call.blocks.end(), block) == call.blocks.end())
      call.blocks.push_back(std::move(block));
  return true;
}

void Node::fetch_later(Call task, Deferred& deferred) {
  ++tasks_fetching_;
  deferred.fetches.push_back(std::make_shared<Call>(std::move(task)));
}

void Node::fetch_later(ActorRecord& actor, Deferred& deferred) {
  const Call& call = actor.queue.front();
  actor.waits_for_argument = true;
  deferred.actor_fetches.push_back({actor.id, call.result, argument_blocks(call)});
}

// What was left for when mutex_ is free: the store may call back at once.
void Node::fetch(Deferred& deferred) {
  for (const std::shared_ptr<Call>& task : deferred.fetches) {
    store_->hold(argument_blocks(*task),
                 [this, task](const Result<std::vector<BlockPtr>>& held) { resume_task(std::move(*task), held); });
  }
  for (Deferred::ActorFetch& wanted : deferred.actor_fetches) {
    store_->hold(wanted.blocks, [this, wanted](const Result<std::vector<BlockPtr>>& held) {
      resume_actor_with(wanted, held ? nullptr : &held.error());
    });
  }
  for (const Deferred::ChunkWish& wish : deferred.chunks) {
    store_->reserve(WorkerMemory::least_room(wish.size), WorkerMemory::kPage,
                    [this, wish](const Result<Arena::Range>& range) { take_chunk(wish, range); });
  }
}

// Its arguments are in memory, or cannot be. It is the next one: it has waited its turn.
void Node::resume_task(Call task, const Result<std::vector<BlockPtr>>& held) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    --tasks_fetching_;
    if (!held) {
      deferred.fail(task, held.error());
    } else if (closing_) {
      deferred.fail(task, shut_down_error());
    } else {
      static_cast<void>(hold_arguments(task));  // It is asked again.
      tasks_.push_front(std::move(task));
    }
    place_all(deferred);
  }
  carry_out(std::move(deferred));
}

void Node::resume_actor_with(const Deferred::ActorFetch& fetch, const Error* error) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    ActorRecord* actor = find_actor(fetch.actor);
    if (actor == nullptr || actor->died) return;
    const bool is_next = !actor->queue.empty() && actor->queue.front().result == fetch.result;
    if (!is_next) return;  // It was restarted meanwhile.
    actor->waits_for_argument = false;
    if (error != nullptr && actor->queue.front().type == MessageType::kCreateActor) {
      fail_constructor(*actor, *error, deferred);
    } else {
      if (error != nullptr) {
        deferred.fail(actor->queue.front(), *error);
        actor->queue.pop_front();
      }
      pump_actor(*actor, deferred);
    }
  }
  carry_out(std::move(deferred));
}

void Node::send_outcome(std::uint64_t worker_id, const ObjectPtr& object, const ObjectId& id) {
  const MemoryReserve::Use reserve;
  std::vector<BlockPtr> blocks;
  if (object->outcome()) blocks = blocks_of(*object->outcome());
  store_->hold(std::move(blocks), [this, worker_id, object, id](const Result<std::vector<BlockPtr>>& held) {
    send_outcome_now(worker_id, object, id, held);
  });
}

void Node::send_outcome_now(std::uint64_t worker_id, const ObjectPtr& object, const ObjectId& id,
                            const Result<std::vector<BlockPtr>>& held) {
  const MemoryReserve::Use reserve;
  const std::lock_guard lock(mutex_);
  const auto it = workers_.find(worker_id);
  if (it == workers_.end()) return;
  WorkerRecord& worker = *it->second;
  const ObjectState::Outcome& outcome = object->outcome();
  const Result<void> can_be_seen = held ? check_here(*held) : Result<void>(held.error());
  const bool is_there = outcome && can_be_seen;
  const MessageHeader header{
      .type = is_there ? MessageType::kReady : MessageType::kFailed, .call = id.number, .a = id.process};
  if (is_there) {
    builder_.start(header);
    builder_.add(*outcome, names(outcome->references));
    add_references(worker, outcome->references);
    for (const BlockPtr& block : *held) worker.memory.hold(block);
  } else {
    build_failure(builder_, header, outcome ? can_be_seen.error() : outcome.error());
  }
  worker.send(builder_.bytes());
}

void Node::take_chunk(const Deferred::ChunkWish& wish, const Result<Arena::Range>& range) {
  const MemoryReserve::Use reserve;
  Deferred deferred;
  {
    const std::lock_guard lock(mutex_);
    const auto it = workers_.find(wish.worker);
    if (it == workers_.end()) {
      if (range) arena_->release(*range);
    } else if (range) {
      it->second->memory.lend(*range);
      send_chunk(*it->second, wish.request, *range, deferred);
    } else {
      refuse(*it->second, wish.request, range.error());
    }
  }
  carry_out(std::move(deferred));
}

}  // namespace manta
