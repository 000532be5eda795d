// SPDX-License-Identifier: Apache-2.0
// Specs of tasks and actors as they travel: a flat part, then the texts as values of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/net/call.h"

namespace manta {

/// Resources without the custom ones, which are a value of their own: see pack().
struct WireResources {
  double cpus = 0;
  double gpus = 0;
  std::uint64_t memory = 0;
};

/// TaskSpec without its label, which is value 1, and its custom resources, value 2. Value 3: the numbers of the results
/// after the first.
struct WireTaskSpec {
  WireResources resources;
  std::int64_t max_retries = 0;
  std::uint64_t retry_codes = 0;
  std::int64_t timeout_ns = 0;
  std::uint64_t recompute = 1;
};

/// ActorSpec without its name, value 1, its class, value 2, and its custom resources, value 3.
struct WireActorSpec {
  WireResources resources;
  std::int32_t max_restarts = 0;
  std::int32_t max_task_retries = 0;
  std::int32_t max_concurrency = 1;
  std::int32_t is_detached = 0;
  std::uint64_t retry_codes = 0;
  std::uint64_t state_function = 0;
  std::int64_t checkpoint_every = 0;
  std::int64_t timeout_ns = 0;
};

/// How many values stand before the arguments.
inline constexpr std::size_t kTaskSpecValues = 4;
inline constexpr std::size_t kActorSpecValues = 4;
/// Before those of a call of an actor: the numbers of the results after the first.
inline constexpr std::size_t kCallValues = 1;

WireResources without_custom(const Resources& resources);
/// Custom resources as the bytes of one value; none of none.
std::vector<std::byte> pack(const Amounts& amounts);
/// What came as `flat` and the bytes that pack() made. None: they are not such bytes.
std::optional<Resources> unpack(const WireResources& flat, std::span<const std::byte> packed);

}  // namespace manta
