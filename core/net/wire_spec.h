// SPDX-License-Identifier: Apache-2.0
// Specs of tasks and actors as they travel: a flat part, then the texts as values of their own.
#pragma once

#include <cstdint>

#include "core/net/call.h"

namespace manta {

/// TaskSpec without its label, which is value 1. Value 2: the numbers of the results after the first.
struct WireTaskSpec {
  Resources resources;
  std::int64_t max_retries = 0;
  std::uint64_t retry_codes = 0;
  std::int64_t timeout_ns = 0;
};

/// ActorSpec without its name, value 1, and its class, value 2.
struct WireActorSpec {
  Resources resources;
  std::int32_t max_restarts = 0;
  std::int32_t max_task_retries = 0;
  std::int32_t max_concurrency = 1;
  std::int32_t is_detached = 0;
};

/// How many values stand before the arguments.
inline constexpr std::size_t kTaskSpecValues = 3;
inline constexpr std::size_t kActorSpecValues = 3;
/// Before those of a call of an actor: the numbers of the results after the first.
inline constexpr std::size_t kCallValues = 1;

}  // namespace manta
