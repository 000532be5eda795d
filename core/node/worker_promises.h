// SPDX-License-Identifier: Apache-2.0
// The objects that one worker has promised and not yet given.
#pragma once

#include <unordered_map>
#include <utility>

#include "core/objects/reference.h"

namespace manta {

/// Each of them gets an outcome: by the worker, or, when the worker drops it or dies, by the node.
///
/// Thread-safety: none.
class WorkerPromises {
 public:
  void add(const ObjectId& id, ObjectPtr object) { objects_.emplace(id, std::move(object)); }
  /// The promise is settled. Null: it is none of the worker's.
  ObjectPtr take(const ObjectId& id) {
    const auto it = objects_.find(id);
    if (it == objects_.end()) return nullptr;
    ObjectPtr object = std::move(it->second);
    objects_.erase(it);
    return object;
  }
  /// Takes out all; `visit(ObjectPtr)` for each.
  template <class Visit>
  void drain(Visit&& visit) {
    for (auto& [id, object] : std::exchange(objects_, {})) visit(std::move(object));
  }

 private:
  std::unordered_map<ObjectId, ObjectPtr, ObjectIdHash> objects_;
};

}  // namespace manta
