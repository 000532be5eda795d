// SPDX-License-Identifier: Apache-2.0
// How the state of an actor is saved.
#pragma once

#include <cstdint>

#include "core/objects/codec.h"

namespace manta {

/// Set in the actor's process by the function that is called after its constructor (ActorSpec::state_function).
struct ActorSaver {
  Result<EncodedValue> (*save)(void* actor, BlockAllocator& allocator) = nullptr;  ///< Null: it is not saved.
  std::int64_t every = 0;        ///< After so many calls; 0: only when the actor says so.
  std::int64_t calls_since = 0;  ///< The last time.

  /// A call has ended. Whether the state is to be saved now.
  bool is_due() { return save != nullptr && every > 0 && ++calls_since >= every; }
};

}  // namespace manta
