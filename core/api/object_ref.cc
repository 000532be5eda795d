// SPDX-License-Identifier: Apache-2.0
#include "core/api/object_ref.h"

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/base/fork_guard.h"
#include "core/objects/movable_block.h"

namespace manta {

bool is_cancelled() {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  return caller && caller->is_call_cancelled();
}

}  // namespace manta

namespace manta::internal {
namespace {

// The blocks that have the bytes of a stored value, in the order of blocks_of().
Result<std::vector<BlockPtr>> hold(const ObjectPtr& state, TimePoint deadline) {
  std::vector<BlockPtr> blocks = blocks_of(*state->outcome());
  std::vector<BlockPtr> held;
  held.reserve(blocks.size());
  for (const BlockPtr& block : blocks) {
    held.push_back(resident(block));
    if (!held.back()) break;
  }
  if (held.back()) return held;
  if (const std::shared_ptr<Caller> caller = current_caller()) return caller->hold(state, deadline);
  for (BlockPtr& block : blocks)
    if (const MovableBlock* movable = block->movable()) {
      MANTA_ASSIGN_OR_RETURN(block, movable->bring_to_heap());
    }
  return blocks;
}

std::string called_by(const ObjectState& result) {
  return result.call_name() != nullptr ? result.call_name() : "a generator";
}

// Waits for the answer of another actor. If it cannot come, as that one waits for this one, `result` gets an error.
void wait_for_call(const ObjectPtr& result) {
  const std::shared_ptr<Caller> caller = current_caller();
  if (!caller || is_forked_copy()) return;
  const Caller::Circle circle = caller->wait_for_answer(result->callee(), [&] { return result->is_ready(); });
  if (circle.empty()) return;
  std::string text = "nobody is left to answer " + called_by(*result) + ": " + circle.front() + " waits for ";
  for (std::size_t i = 1; i < circle.size(); ++i) text += (i == 1 ? "" : ", which waits for ") + circle[i];
  if (circle.back() != circle.front()) text += ", and so on, until this one again";
  result->complete(
      Error{ErrorCode::kFailedPrecondition, text + ": use co_await in one of them, or get() with a timeout"});
}

// `references` with `held` in place of their blocks.
std::shared_ptr<const std::vector<Reference>> with_held(std::vector<Reference> references,
                                                        std::span<const BlockPtr> held) {
  auto resolved = std::make_shared<std::vector<Reference>>(std::move(references));
  for (Reference& reference : *resolved) {
    auto* block = std::get_if<BlockPtr>(&reference);
    if (block == nullptr) continue;
    *block = held.front();
    held = held.subspan(1);
  }
  return resolved;
}

}  // namespace

bool wait_until(const std::function<bool()>& done, TimePoint deadline) {
  const std::shared_ptr<Caller> caller = current_caller();
  return caller && !is_forked_copy() ? caller->wait(done, deadline) : done();
}

bool is_ready(const ObjectPtr& state) {
  if (!state) return false;
  if (state->is_ready()) return true;
  state->want();
  return wait_until([&] { return state->is_ready(); }, TimePoint::min());
}

void fail_objects(std::span<ObjectPtr> objects, Caller* caller, const Error& error) noexcept {
  const MemoryReserve::Use reserve;
  for (ObjectPtr& object : objects) {
    try {
      // Those that are made for an error only must not use up what is left.
      if (!object && MemoryReserve::is_whole()) object = caller != nullptr ? caller->new_object() : make_object();
      if (!object) object = no_memory_object();
      object->complete(error);
    } catch (const std::bad_alloc&) {  // The operator new of the program does not call the handler.
      if (!object) object = no_memory_object();
      object->complete(no_memory_error({}));
    }
  }
}

std::uint64_t write_reference(const ObjectPtr& state) {
  if (!state) return 0;
  if (state == no_memory_object()) throw std::bad_alloc();
  const std::uint64_t place = ReferenceScope::add(state);
  if (place == 0) throw std::runtime_error("a ref travels only in arguments and results of calls, and in objects");
  return place;
}

ObjectPtr read_object(std::uint64_t place) {
  if (place == 0) return nullptr;
  const Reference* reference = ReferenceScope::find(place);
  const auto* object = reference != nullptr ? std::get_if<ObjectPtr>(reference) : nullptr;
  if (object == nullptr) throw std::runtime_error("a ref names no object");
  return *object;
}

TimePoint deadline_after(Duration timeout) {
  if (timeout == Duration::max()) return TimePoint::max();
  const std::shared_ptr<Caller> caller = current_caller();
  const TimePoint now = caller ? caller->now() : std::chrono::steady_clock::now();
  return timeout >= TimePoint::max() - now ? TimePoint::max() : now + timeout;
}

TimePoint first_deadline(TimePoint deadline) {
  constexpr Duration kFirst = std::chrono::milliseconds(10);
  return deadline == TimePoint::max() ? deadline_after(kFirst) : deadline;
}

void wait_for_own_calls(std::span<const ObjectPtr> results, const std::function<bool()>& done) {
  const std::shared_ptr<Caller> caller = current_caller();
  if (!caller || is_forked_copy()) return;
  const Caller::Circle circle = caller->wait_for_actor(0, done);
  if (circle.empty()) return;
  for (const ObjectPtr& result : results)
    result->complete(Error{ErrorCode::kFailedPrecondition,
                           circle.front() + " has called " + called_by(*result) +
                               " on itself, and all threads that could run it wait for such calls: this actor waits "
                               "for itself: use co_await"});
}

Result<ValueView> wait_for(const ObjectPtr& state, TimePoint deadline) {
  if (!state) return Error{ErrorCode::kFailedPrecondition, "this ref is empty: it refers to no object"};
  state->want();
  if (!state->is_ready() && is_forked_copy()) return forked_copy_error();
  if (!state->is_ready() && state->is_own_call() && deadline == TimePoint::max())
    wait_for_own_calls({&state, 1}, [&] { return state->is_ready(); });
  if (!state->is_ready() && state->callee() != 0 && deadline == TimePoint::max()) wait_for_call(state);
  if (!state->is_ready() && !wait_until([&] { return state->is_ready(); }, deadline))
    return Error{ErrorCode::kTimeout, "the object was not ready in time; it is still being made"};
  if (!state->outcome()) return state->outcome().error();
  const EncodedValue& value = *state->outcome();
  ValueView view{.bytes = value.inline_bytes, .references = &value.references};
  if (!has_blocks(value)) return view;
  MANTA_ASSIGN_OR_RETURN(const std::vector<BlockPtr> blocks, hold(state, deadline));
  std::span<const BlockPtr> held(blocks);
  if (value.block) {
    view.owner = held.front();
    view.bytes = view.owner->bytes();
    held = held.subspan(1);
  }
  if (held.empty()) return view;
  view.held = with_held(value.references, held);
  view.references = view.held.get();
  return view;
}

}  // namespace manta::internal
