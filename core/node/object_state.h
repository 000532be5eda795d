// SPDX-License-Identifier: Apache-2.0
// One object from the moment it is promised: pending, then a value or an error for ever.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/objects/codec.h"

namespace manta {

/// What an ObjectRef refers to.
///
/// Thread-safety: any method, from any thread.
class ObjectState {
 public:
  using Outcome = Result<EncodedValue>;

  bool is_ready() const { return ready_.load(); }
  /// Only once is_ready().
  const Outcome& outcome() const { return *outcome_; }

  /// Runs `callback` once the object is ready: now if it is, else on the thread that makes it so. It must be short.
  void then(std::function<void()> callback) {
    {
      const std::lock_guard lock(mutex_);
      if (!ready_.load()) {
        callbacks_.push_back(std::move(callback));
        return;
      }
    }
    callback();
  }

  /// Gives the object its outcome, once: a later one is ignored (a call that was cancelled may still answer).
  void complete(Outcome outcome) {
    std::vector<std::function<void()>> callbacks;
    {
      const std::lock_guard lock(mutex_);
      if (ready_.load()) return;
      outcome_.emplace(std::move(outcome));
      ready_.store(true);
      callbacks.swap(callbacks_);
    }
    for (const auto& callback : callbacks) callback();
  }

 private:
  std::mutex mutex_;  // Guards callbacks_, and outcome_ until ready_.
  std::atomic<bool> ready_{false};
  std::optional<Outcome> outcome_;
  std::vector<std::function<void()>> callbacks_;
};
using ObjectPtr = std::shared_ptr<ObjectState>;

}  // namespace manta
