// SPDX-License-Identifier: Apache-2.0
// What code of the driver has promised to give later.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "core/objects/object_state.h"

namespace manta {

/// Objects that nobody but the user's code completes. Keeps none of them alive.
///
/// Thread-safety: any method, from any thread.
class OpenPromises {
 public:
  /// False: it is closed.
  bool add(const ObjectPtr& object) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return false;
    if (objects_.size() >= sweep_at_) {
      std::erase_if(objects_, [](const auto& one) { return one.expired(); });
      sweep_at_ = std::max(kLeast, 2 * objects_.size());
    }
    objects_.push_back(object);
    return true;
  }
  /// Those that are left; from now on there are none.
  std::vector<ObjectPtr> close() {
    std::vector<ObjectPtr> left;
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (const auto& one : objects_)
      if (ObjectPtr object = one.lock()) left.push_back(std::move(object));
    objects_.clear();
    return left;
  }
  /// How many it knows, of which some may have gone.
  std::size_t known() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }

 private:
  static constexpr std::size_t kLeast = 64;

  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<std::weak_ptr<ObjectState>> objects_;
  std::size_t sweep_at_ = kLeast;  // Twice as many as were left then, so that a sweep costs each object little.
  bool is_closed_ = false;
};

}  // namespace manta
