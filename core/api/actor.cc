// SPDX-License-Identifier: Apache-2.0
#include "core/api/actor.h"

#include <stdexcept>

namespace manta::internal {

Error unreachable_error(const ActorPtr& lease) {
  if (!lease) return {ErrorCode::kFailedPrecondition, "this actor handle is empty"};
  return lease->error() ? *lease->error() : no_runtime_error();
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
