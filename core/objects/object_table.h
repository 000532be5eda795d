// SPDX-License-Identifier: Apache-2.0
// All objects of a node whose bytes lie in its store.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/objects/object_state.h"

namespace manta {

/// Who made an object.
struct ObjectOrigin {
  /// kTaskOnce: a task that is not to be run again.
  enum class Maker : std::uint8_t { kPut, kTask, kTaskOnce, kActor };

  std::uint64_t process = 0;       ///< Its GlobalId.
  std::string_view label = "put";  ///< Or the function whose result it is; lives as long as the program.
  Maker maker = Maker::kPut;
};

/// Knows the objects in the store, and keeps none of them.
///
/// Thread-safety: any method, from any thread.
class ObjectTable {
 public:
  struct Row {
    ObjectPtr object;  ///< Kept while the row lives.
    std::uint64_t bytes = 0;
    ObjectOrigin origin;
    TimePoint made;
  };

  /// Enters an object of which `bytes` lie in the store. Nothing, if those are 0.
  void add(const ObjectPtr& object, std::uint64_t bytes, const ObjectOrigin& origin);
  /// Those that somebody still has, in no order.
  std::vector<Row> snapshot() const;
  /// With those that are gone and not yet forgotten.
  std::size_t entry_count() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::weak_ptr<ObjectState> object;
    std::uint64_t bytes = 0;
    ObjectOrigin origin;
    TimePoint made;
  };

  void forget_gone();  // With mutex_ held.

  mutable std::mutex mutex_;                               // Guards what follows.
  std::unordered_map<const ObjectState*, Entry> entries_;  // Some of them gone.
  std::size_t forget_at_ = 64;                             // How many entries there may be before it is looked.
};

/// How many bytes of `value` lie in the store.
std::uint64_t stored_bytes(const EncodedValue& value);

}  // namespace manta
