// SPDX-License-Identifier: Apache-2.0
// One call as the function that carries it out sees it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/net/actor_saver.h"
#include "core/objects/codec.h"

namespace manta {

class AsyncCall;

/// Arguments in, result out.
///
/// Thread-safety: none; the thread that runs the call.
struct CallContext {
  std::vector<ValueView> arguments;
  std::vector<BlockPtr> blocks = {};  ///< That the arguments refer to.
  BlockAllocator& allocator;
  std::shared_ptr<void>& actor;  ///< The actor of this process: a constructor sets it, a method uses it.

  /// Of a coroutine, instead of an outcome: it has yet to run.
  std::shared_ptr<AsyncCall> async = {};
  /// What the function puts here; the default is an empty value.
  Result<EncodedValue> outcome = EncodedValue{};
  ActorSaver saver;                       ///< Set by what follows a constructor, if the actor can be saved.
  std::vector<EncodedValue> more_values;  ///< Of a tuple: those after the first.
};

}  // namespace manta
