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

/// Has the values of objects that another process makes.
class ObjectSource {
 public:
  /// Sees to it that the object's outcome comes here.
  virtual void watch(const ObjectId& id) = 0;

 protected:
  ~ObjectSource() = default;
};

/// What an ObjectRef refers to.
///
/// Thread-safety: any method, from any thread.
class ObjectState {
 public:
  using Outcome = Result<EncodedValue>;

  /// An object of this process, without a name as long as no other process hears of it.
  ObjectState() = default;
  /// An object known to others as `id`. `source`, which must outlive it, is asked for the outcome once somebody wants
  /// it; null: it comes by itself.
  explicit ObjectState(ObjectId id, ObjectSource* source = nullptr) : id_(id), source_(source) {}

  /// Guarded, as is set_id(), by whoever names the objects of the process.
  const ObjectId& id() const { return id_; }
  void set_id(const ObjectId& id) { id_ = id; }

  /// To be called by all who wait for it.
  void want() {
    if (source_ != nullptr && !is_ready() && !wanted_.exchange(true)) source_->watch(id_);
  }

  bool is_ready() const { return ready_.load(); }
  /// How many objects of this process have become ready.
  static std::uint64_t completed_count() { return completed_.load(); }
  /// Only once is_ready().
  const Outcome& outcome() const { return *outcome_; }

  /// Runs `callback` once the object is ready: now if it is, else on the thread that makes it so. It must be short.
  void then(std::function<void()> callback) {
    want();
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
      completed_.fetch_add(1);
      callbacks.swap(callbacks_);
    }
    for (const auto& callback : callbacks) callback();
  }

 private:
  std::mutex mutex_;  // Guards callbacks_, and outcome_ until ready_.
  std::atomic<bool> ready_{false};
  std::optional<Outcome> outcome_;
  std::vector<std::function<void()>> callbacks_;
  ObjectId id_;
  ObjectSource* const source_ = nullptr;
  std::atomic<bool> wanted_{false};
  static inline std::atomic<std::uint64_t> completed_{0};
};

}  // namespace manta
