// SPDX-License-Identifier: Apache-2.0
#include "core/api/object_ref.h"

#include <stdexcept>
#include <utility>

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

// The block that has the bytes of a stored value.
Result<BlockPtr> hold(const ObjectPtr& state, TimePoint deadline) {
  const BlockPtr& block = state->outcome()->block;
  if (BlockPtr there = resident(block)) return there;
  const std::shared_ptr<Caller> caller = current_caller();
  if (!caller) return block->movable()->bring_to_heap();
  MANTA_ASSIGN_OR_RETURN(std::vector<BlockPtr> blocks, caller->hold(state, deadline));
  return std::move(blocks.front());
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

std::uint64_t write_reference(const ObjectPtr& state) {
  if (!state) return 0;
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

Result<ValueView> wait_for(const ObjectPtr& state, TimePoint deadline) {
  if (!state) return Error{ErrorCode::kFailedPrecondition, "this ref is empty: it refers to no object"};
  state->want();
  if (!state->is_ready() && is_forked_copy()) return forked_copy_error();
  if (!state->is_ready() && !wait_until([&] { return state->is_ready(); }, deadline))
    return Error{ErrorCode::kTimeout, "the object was not ready in time; it is still being made"};
  if (!state->outcome()) return state->outcome().error();
  const EncodedValue& value = *state->outcome();
  ValueView view{.bytes = value.inline_bytes, .references = &value.references};
  if (!value.block) return view;
  MANTA_ASSIGN_OR_RETURN(view.owner, hold(state, deadline));
  view.bytes = view.owner->bytes();
  return view;
}

}  // namespace manta::internal
