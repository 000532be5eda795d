// SPDX-License-Identifier: Apache-2.0
// Which node, and numbers that say which node has given them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"

namespace manta {

/// A node among all that have ever been part of a runtime, from 1: one that has ended and comes back is another one.
enum class NodeId : std::uint32_t {};

/// "node 1".
inline std::string to_string(NodeId node) { return "node " + std::to_string(static_cast<std::uint32_t>(node)); }

/// The number of a process or an actor, which no other node gives to anything: the upper bits name the node that has
/// given it, the lower ones say which of that node's it is. It is as wide as a number of one node would be, so
/// messages, tables and hashes need not know.
struct GlobalId {
  static constexpr unsigned kNodeShift = 40;
  /// So many processes and actors can a node have had.
  static constexpr std::uint64_t kLocalMax = (std::uint64_t{1} << kNodeShift) - 1;
  static constexpr std::uint32_t kNodeMax = (std::uint32_t{1} << (64 - kNodeShift)) - 1;

  /// `local` from 1. 0: the node itself, that is the process which it is a part of.
  static constexpr std::uint64_t of(NodeId node, std::uint64_t local) {
    return static_cast<std::uint64_t>(node) << kNodeShift | (local & kLocalMax);
  }
  static constexpr NodeId node(std::uint64_t id) { return static_cast<NodeId>(id >> kNodeShift); }
  static constexpr std::uint64_t local(std::uint64_t id) { return id & kLocalMax; }
};

/// "actor 3 of node 1"; `kind` is what has the number.
inline std::string global_name(std::string_view kind, std::uint64_t id) {
  return std::string(kind) + " " + std::to_string(GlobalId::local(id)) + " of " + to_string(GlobalId::node(id));
}

/// Gives the numbers of one node.
///
/// Thread-safety: none.
class GlobalIds {
 public:
  /// `node` from 1 to GlobalId::kNodeMax.
  explicit GlobalIds(NodeId node) : node_(node) {
    MANTA_CHECK(static_cast<std::uint32_t>(node) >= 1 && static_cast<std::uint32_t>(node) <= GlobalId::kNodeMax,
                "there is no such node");
  }

  NodeId node() const { return node_; }
  /// Of the process that the node is a part of.
  std::uint64_t self() const { return GlobalId::of(node_, 0); }
  std::uint64_t next() {
    MANTA_CHECK(last_ < GlobalId::kLocalMax, "a node has run out of numbers");
    return GlobalId::of(node_, ++last_);
  }
  /// Whether this node has given `id`, or could have.
  bool has(std::uint64_t id) const { return GlobalId::node(id) == node_; }

 private:
  const NodeId node_;
  std::uint64_t last_ = 0;
};

}  // namespace manta
