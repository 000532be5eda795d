// SPDX-License-Identifier: Apache-2.0
// A value between the types of a program and the messages of processes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "core/objects/reference.h"
#include "core/objects/small_bytes.h"
#include "core/objects/store_block.h"

namespace manta {

/// A value up to this many bytes travels inside its message; a larger one lies in the object store.
inline constexpr std::size_t kInlineLimit = 8 * 1024;

/// How many refs, handles and blocks of the store (large arrays, vectors, strings) one value may contain.
inline constexpr std::size_t kMaxReferences = 1'000'000;

/// A value as bytes: in the message, or a block of the store.
struct EncodedValue {
  SmallBytes inline_bytes = {};
  BlockPtr block = {};
  std::vector<Reference> references = {};  ///< That the bytes name by their places here.

  std::span<const std::byte> bytes() const { return block ? block->bytes() : std::span<const std::byte>(inline_bytes); }
};

/// The bytes of a value that is being read; `owner` keeps them (null: valid during the call only).
struct ValueView {
  std::span<const std::byte> bytes = {};
  BlockPtr owner = {};
  const std::vector<Reference>* references = nullptr;  ///< Valid while it is read.
  /// Has `references`, where their blocks had to be brought into memory; else null.
  std::shared_ptr<const std::vector<Reference>> held = {};
};

/// Whether a part of `value` lies in the store.
inline bool has_blocks(const EncodedValue& value) {
  return value.block || std::any_of(value.references.begin(), value.references.end(), [](const Reference& reference) {
           return std::holds_alternative<BlockPtr>(reference);
         });
}

/// Calls `visit(const BlockPtr&)` for each block of the store that `value` keeps.
template <class Visit>
void for_each_block(const EncodedValue& value, Visit&& visit) {
  if (value.block) visit(value.block);
  for (const Reference& reference : value.references)
    if (const auto* block = std::get_if<BlockPtr>(&reference)) visit(*block);
}

}  // namespace manta
