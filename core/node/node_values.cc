// SPDX-License-Identifier: Apache-2.0
// Values that come from workers. What returns a bool or an optional says with false, or nothing, that no worker sends
// such a thing.
#include <algorithm>

#include "core/node/node.h"

namespace manta {

std::optional<EncodedValue> Node::take_value(const MessageValue& value, TakenBlocks& blocks) {
  EncodedValue taken;
  if (!take_references(value, blocks, taken.references)) return std::nullopt;
  if (value.kind == MessageValue::Kind::kInline) {
    const auto copied = with_memory("a value", [&] {
      taken.inline_bytes.assign(value.inline_bytes.begin(), value.inline_bytes.end());
    });
    blocks.lacks_memory |= !copied;
    return taken;
  }
  if (value.kind != MessageValue::Kind::kStored) return std::nullopt;
  taken.block = take_block(blocks, value.offset, value.size);
  if (!taken.block) return std::nullopt;
  return taken;
}

bool Node::take_references(const MessageValue& value, TakenBlocks& blocks, std::vector<Reference>& references) {
  for (std::size_t i = 0; i < value.reference_count(); ++i) {
    const WireReference name = value.reference(i);
    if (name.kind == WireReference::kBlock) {
      BlockPtr block = take_block(blocks, name.id.process, name.id.number);
      if (!block) return false;
      references.emplace_back(std::move(block));
      continue;
    }
    std::optional<Reference> known = blocks.worker.references.find(name);
    if (!known) return false;
    references.push_back(std::move(*known));
  }
  return true;
}

// One that came with the same message before, that the worker had, or that it has made.
BlockPtr Node::take_block(TakenBlocks& blocks, std::uint64_t offset, std::uint64_t size) {
  BlockPtr block = find_block(blocks, offset, size);
  if (!block) block = blocks.worker.memory.adopt(offset, size);
  if (block) blocks.taken.push_back(block);
  return block;
}

// `size` 0: any.
BlockPtr Node::find_block(const TakenBlocks& blocks, std::uint64_t offset, std::uint64_t size) {
  const auto fits = [&](const BlockPtr& block) {
    return block && block->offset() == offset && (size == 0 || block->size() == size);
  };
  const auto taken = std::find_if(blocks.taken.begin(), blocks.taken.end(), fits);
  if (taken != blocks.taken.end()) return *taken;
  if (BlockPtr held = blocks.worker.memory.held(offset); fits(held)) return held;
  BlockPtr found;
  const auto look = [&](const Call& flight) {
    for (const BlockPtr& block : flight.blocks)
      if (!found && fits(block)) found = block;
  };
  if (blocks.call != nullptr) {
    look(*blocks.call);
  } else {
    blocks.worker.in_flight.for_each(look);
  }
  return found;
}

// The worker goes on holding the blocks that the message lists.
bool Node::hold_blocks(const Message& message, const TakenBlocks& blocks) {
  for (const std::uint64_t offset : message.offsets) {
    BlockPtr block = find_block(blocks, offset, 0);
    if (!block) return false;
    blocks.worker.memory.hold(std::move(block));
  }
  return true;
}

}  // namespace manta
