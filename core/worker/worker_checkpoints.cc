// SPDX-License-Identifier: Apache-2.0
// Saving the state of this process' actor.
#include <algorithm>
#include <cstdio>

#include "core/worker/worker_process.h"

namespace manta {

Result<void> WorkerProcess::checkpoint() {
  if (saver_.save == nullptr || !is_running_call())
    return Error{ErrorCode::kFailedPrecondition,
                 "there is no state to save here: checkpoint() is for methods of an actor with max_restarts above 0, "
                 "max_concurrency 1, and a class with serialize()"};
  return save_state(0);
}

// Before the answer to `call`, with which the node takes the state as saved; 0: it does so at once.
Result<void> WorkerProcess::save_state(std::uint64_t call) {
  MANTA_ASSIGN_OR_RETURN(
      EncodedValue state,
      with_memory("the actor's state", [this] { return saver_.save(actor_.get(), store_); }));
  const MemoryReserve::Use reserve;
  const std::vector<WireReference> names = names_of(state.references);
  std::vector<BlockPtr> blocks;
  take_blocks(state.references, blocks);
  if (state.block) blocks.push_back(state.block);
  // Each once, so that whoever else has it shows in the count.
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  link_.send([&](MessageBuilder& builder) {
    builder.start({.type = MessageType::kCheckpoint, .call = call});
    builder.add(state, names);
    state.block.reset();  // `blocks` still has it.
    for (const BlockPtr& block : blocks) give_block(builder, block, 1);
  });
  saver_.calls_since = 0;
  return {};
}

// The state of an actor whose save fails stays what it was; the next call tries again.
void WorkerProcess::save_if_due(std::uint64_t call) {
  if (!saver_.is_due()) return;
  if (const auto saved = save_state(call); !saved)
    std::fprintf(stderr, "the actor's state could not be saved, and the one before stays: %s\n",
                 saved.error().message.c_str());
}

}  // namespace manta
