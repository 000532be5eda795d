// SPDX-License-Identifier: Apache-2.0
#include "core/api/actor.h"

#include <stdexcept>

#include "core/api/remote.h"

namespace manta::internal {

Result<void> check(const ActorOptions& options) {
  MANTA_RETURN_IF_ERROR(check_at_least("ActorOptions::max_restarts", options.max_restarts, 0));
  MANTA_RETURN_IF_ERROR(check_at_least("ActorOptions::max_task_retries", options.max_task_retries, 0));
  MANTA_RETURN_IF_ERROR(check_at_least("ActorOptions::timeout", options.timeout.count(), 0));
  MANTA_RETURN_IF_ERROR(check_at_least("ActorOptions::max_pending_calls", options.max_pending_calls, 0));
  return check_at_least("ActorOptions::max_concurrency", options.max_concurrency, 1);
}

Error unreachable_error(const ActorPtr& lease) {
  if (!lease) return {ErrorCode::kFailedPrecondition, "this actor handle is empty"};
  return lease->error() ? *lease->error() : no_runtime_error();
}

ObjectPtr dead_actor(const ActorPtr& lease) {
  auto object = make_object();
  object->complete(unreachable_error(lease));
  return object;
}

ActorPtr failed_actor(Error error) noexcept {
  static const auto nameless = std::make_shared<ActorLease>(Error{ErrorCode::kExhausted, "bad_alloc"});
  const MemoryReserve::Use reserve;
  try {
    // Those that are made for an error only must not use up what is left.
    return MemoryReserve::is_whole() ? std::make_shared<ActorLease>(std::move(error)) : nameless;
  } catch (const std::bad_alloc&) {  // The operator new of the program does not call the handler.
    return nameless;
  }
}

Result<void> wait_for_room(Caller& caller, const ActorLease& lease, std::string_view method) {
  if (lease.has_room()) return {};
  const std::string limit = std::to_string(lease.max_pending());
  if (lease.fails_when_full())
    return Error{ErrorCode::kExhausted, "the actor has " + limit +
                                            " calls of this process pending, as many as its max_pending_calls; get() "
                                            "some of them first"};
  const Caller::Circle circle = caller.wait_for_actor(lease.id(), [&] { return lease.has_room(); });
  if (circle.empty()) return {};
  return Error{ErrorCode::kExhausted,
               circle.front() + " would wait for ever to call " + std::string(method) +
                   ": as many calls as max_pending_calls allows, " + limit +
                   ", are pending there, and whoever is to answer them waits for this actor, or is it. Return from "
                   "the method first, co_await, or call with WhenFull::kFail or a higher limit"};
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
