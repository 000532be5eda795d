// SPDX-License-Identifier: Apache-2.0
// The states that actors have saved, for when they are started again.
#include "core/net/function_table.h"
#include "core/node/node.h"

namespace manta {

// What came with a call counts once the call is answered: its effects and its answer are then either both there or
// neither, whenever the process dies. What the actor saved on its own counts at once.
bool Node::checkpoint_for(WorkerRecord& worker, const Message& message) {
  ActorRecord* actor = find_actor(worker.actor);
  if (actor == nullptr || actor->spec.state_function == 0 || message.values.size() != 1) return false;
  TakenBlocks blocks{.worker = worker};
  std::optional<EncodedValue> state = take_value(message.values.front(), blocks);
  if (!state || !hold_blocks(message, blocks)) return false;
  if (blocks.lacks_memory) return true;  // The state before stays.
  worker.saved_with_call = message.header.call;
  if (message.header.call != 0) {
    worker.saved_state = std::move(*state);
  } else {
    actor->state = std::move(*state);
  }
  return true;
}

// The call with which the worker saved the actor's state is answered.
void Node::confirm_checkpoint(WorkerRecord& worker) {
  worker.saved_with_call = 0;
  if (ActorRecord* actor = find_actor(worker.actor)) actor->state = std::move(worker.saved_state);
  worker.saved_state = {};
}

// What follows the constructor of an actor that can be saved: how often it is, and the state to begin with, if any.
Call Node::state_call(const ActorRecord& actor) {
  Call call{.type = MessageType::kCreateActor, .function = actor.spec.state_function};
  if (const FunctionEntry* function = find_function(call.function)) call.name = function->name;
  call.result = make_object();
  const std::int64_t every = actor.spec.checkpoint_every;
  call.add_bytes(std::as_bytes(std::span(&every, 1)));
  if (actor.state) call.add(*actor.state, names(actor.state->references));
  return call;
}

}  // namespace manta
