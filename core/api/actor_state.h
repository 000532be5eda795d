// SPDX-License-Identifier: Apache-2.0
// The state that an actor begins with when it is started again.
#pragma once

#include <cstdint>

#include "core/api/function_traits.h"
#include "core/net/actor_saver.h"
#include "core/net/function_table.h"

namespace manta {

/// In a method: saves the actor's state now, also in the middle of the call. When the actor is started again
/// (ActorOptions::max_restarts), it begins with the state saved last, by this or by ActorOptions::checkpoint_every.
/// Blocks while the object store lends room for it.
/// Errors: kFailedPrecondition: this is no method of an actor that may be started again, whose class has `serialize`,
/// and whose calls do not overlap (max_concurrency); kExhausted: the object store is full, and the state saved before
/// stays; kInvalidArgument: the state cannot be serialized.
Result<void> checkpoint();

namespace internal {

// Writes and reads the actor in place, so that its class needs no default constructor.
template <class T>
struct StateInPlace {
  T* actor = current;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(*actor);
  }
  static inline thread_local T* current = nullptr;
};

template <class T>
struct ActorState {
  static Result<EncodedValue> save(void* actor, BlockAllocator& allocator) {
    return encode(StateInPlace<T>{static_cast<T*>(actor)}, allocator);
  }
  // What is called after the constructor. Arguments: how often to save; and the state to begin with, if there is one.
  static void begin(CallContext& context) {
    const auto every =
        context.arguments.empty() ? Result<std::int64_t>(Error{}) : decode<std::int64_t>(context.arguments[0]);
    if (!every || !context.actor) {
      context.outcome = Error{ErrorCode::kInternal, "its state was to be loaded before it was made"};
      return;
    }
    context.saver = {.save = &save, .every = *every};
    if (context.arguments.size() < 2) return;
    StateInPlace<T>::current = static_cast<T*>(context.actor.get());
    const auto loaded = decode<StateInPlace<T>>(context.arguments[1]);
    StateInPlace<T>::current = nullptr;
    if (!loaded) context.outcome = Error{loaded.error().code, "its saved state: " + loaded.error().message};
  }
  static inline const std::uint64_t id = register_function(&begin, name_of_type<ActorState>());
};

// The function that makes actors of class T begin with their last state; 0: the class cannot.
template <class T>
std::uint64_t state_function() {
  if constexpr (is_serializable<T>) {
    return ActorState<T>::id;
  } else {
    return 0;
  }
}

// The same for an actor with these options; 0: it has none to begin with.
// Errors: kInvalidArgument: `every` asks for what is not possible.
Result<std::uint64_t> choose_state_function(std::uint64_t of_class, int every, int max_restarts, int max_concurrency);

}  // namespace internal
}  // namespace manta
