// SPDX-License-Identifier: Apache-2.0
#include "core/api/actor.h"

#include <stdexcept>

namespace manta::internal {

Error unreachable_error(const ActorPtr& lease) {
  if (!lease) return {ErrorCode::kFailedPrecondition, "this actor handle is empty"};
  return lease->error() ? *lease->error() : no_runtime_error();
}

ObjectPtr dead_actor(const ActorPtr& lease) {
  auto object = make_object();
  object->complete(unreachable_error(lease));
  return object;
}

Result<void> wait_for_room(Caller& caller, const ActorLease& lease) {
  if (lease.has_room()) return {};
  if (lease.fails_when_full())
    return Error{ErrorCode::kExhausted, "the actor has " + std::to_string(lease.max_pending()) +
                                            " calls of this process pending, as many as its max_pending_calls; get() "
                                            "some of them first"};
  caller.wait([&] { return lease.has_room(); }, TimePoint::max());
  return {};
}

std::uint64_t write_reference(const ActorPtr& lease) {
  if (!lease || lease->error()) return 0;
  const std::uint64_t place = ReferenceScope::add(lease);
  if (place == 0) throw std::runtime_error("an actor handle travels only in arguments and results of calls");
  return place;
}

ActorPtr read_actor(std::uint64_t place) {
  if (place == 0) return nullptr;
  const Reference* reference = ReferenceScope::find(place);
  const auto* lease = reference != nullptr ? std::get_if<ActorPtr>(reference) : nullptr;
  if (lease == nullptr) throw std::runtime_error("an actor handle names no actor");
  return *lease;
}

}  // namespace manta::internal
