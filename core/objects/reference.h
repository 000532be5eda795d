// SPDX-License-Identifier: Apache-2.0
// References to objects and actors that lie inside values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/node_id.h"
#include "core/objects/store_block.h"

namespace manta {

class ActorLease;
class ObjectState;
using ActorPtr = std::shared_ptr<ActorLease>;
using ObjectPtr = std::shared_ptr<ObjectState>;

/// Names an object among all processes of all nodes: who gave the number, and the number. A process that dies takes its
/// name with it: no other ever has it again.
struct ObjectId {
  std::uint64_t process = 0;  ///< Its GlobalId.
  std::uint64_t number = 0;   ///< From 1; 0: no name yet.

  bool operator==(const ObjectId&) const = default;
};

/// "object 3.17 of node 1": process 3 has named it; 0: the node itself.
inline std::string to_string(const ObjectId& id) {
  return "object " + std::to_string(GlobalId::local(id.process)) + "." + std::to_string(id.number) + " of " +
         to_string(GlobalId::node(id.process));
}

struct ObjectIdHash {
  std::size_t operator()(const ObjectId& id) const {
    return std::hash<std::uint64_t>()(id.number * 0x9E3779B97F4A7C15ull ^ id.process);
  }
};

/// What a ref, a handle or a large array inside a value refers to. The value keeps it.
using Reference = std::variant<ObjectPtr, ActorPtr, BlockPtr>;

/// While a value is written, collects the references in it: its bytes hold only their places in the list, which travels
/// beside them. While one is read, has the list.
///
/// Thread-safety: one at a time on each thread; scopes nest.
class ReferenceScope {
 public:
  /// `allocator` has the store's memory for what is to be referred to; null: that is written like all else.
  explicit ReferenceScope(std::vector<Reference>& written, BlockAllocator* allocator = nullptr)
      : written_(&written), allocator_(allocator), outer_(current_) {
    current_ = this;
  }
  explicit ReferenceScope(const std::vector<Reference>* read) : read_(read), outer_(current_) { current_ = this; }
  ~ReferenceScope() { current_ = outer_; }
  ReferenceScope(const ReferenceScope&) = delete;
  ReferenceScope& operator=(const ReferenceScope&) = delete;

  /// The place of `reference` in the list, from 1. 0: nothing is being written on this thread.
  static std::uint64_t add(Reference reference) {
    if (current_ == nullptr || current_->written_ == nullptr) return 0;
    current_->written_->push_back(std::move(reference));
    return current_->written_->size();
  }
  /// Of what is being written on this thread, or null.
  static BlockAllocator* allocator() { return current_ == nullptr ? nullptr : current_->allocator_; }
  /// What add() gave `place` to, or null.
  static const Reference* find(std::uint64_t place) {
    if (current_ == nullptr || current_->read_ == nullptr) return nullptr;
    return place >= 1 && place <= current_->read_->size() ? &(*current_->read_)[place - 1] : nullptr;
  }
  /// Of all blocks in the list that is being read on this thread, together.
  static std::uint64_t bytes_in_blocks() {
    std::uint64_t bytes = 0;
    if (current_ == nullptr || current_->read_ == nullptr) return bytes;
    for (const Reference& reference : *current_->read_)
      if (const auto* block = std::get_if<BlockPtr>(&reference); block != nullptr && *block) bytes += (*block)->size();
    return bytes;
  }

 private:
  std::vector<Reference>* written_ = nullptr;
  BlockAllocator* allocator_ = nullptr;
  const std::vector<Reference>* read_ = nullptr;
  ReferenceScope* outer_;
  static inline thread_local ReferenceScope* current_ = nullptr;
};

}  // namespace manta
