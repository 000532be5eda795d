// SPDX-License-Identifier: Apache-2.0
// Many refs, one after the other as they become ready.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/api/async.h"
#include "core/api/object_ref.h"

namespace manta {

namespace internal {

// Objects in the order in which they become ready. The callbacks of those that are pending have a share in it.
//
// Thread-safety: none, but that the objects may become ready on any thread.
class Completions : public std::enable_shared_from_this<Completions> {
 public:
  struct Item {
    ObjectPtr object;
    std::size_t index = 0;
  };

  /// Null is there at once. Throws if there is no memory; then nothing has changed.
  void add(ObjectPtr object, std::size_t index);
  /// Waits for the next one. None: there was none until `deadline`. Without a deadline there is always one as long as
  /// size() > 0: where nothing becomes ready any more, in a forked copy of the process, any of them.
  std::optional<Item> next(TimePoint deadline);
  /// What has to be ready before next() has one; null: there is one.
  ObjectPtr pending();
  /// Those that next() has not given.
  std::size_t size() const { return size_; }
  /// The end: lets go of the objects, whose callbacks would keep them.
  void clear();

 private:
  struct Entry {
    Item item;
    bool is_used = false;
    bool is_own_call = false;
    Entry* next = nullptr;       // That arrived after it.
    Entry* next_free = nullptr;  // If it is free itself.
  };

  void arrive(Entry& entry);
  Entry* take_arrived();
  Item give(Entry& entry);
  std::optional<Item> give_any();
  void wait(TimePoint deadline);

  std::deque<Entry> entries_;
  Entry* free_ = nullptr;
  std::size_t size_ = 0;
  std::size_t own_calls_ = 0;  // Among them: see ObjectState::is_own_call().

  std::atomic<bool> has_arrived_{false};  // There is a first_.
  std::mutex mutex_;                      // Guards what follows.
  Entry* first_ = nullptr;
  Entry* last_ = nullptr;
  ObjectPtr signal_;  // Becomes ready with the next one that arrives.
};

}  // namespace internal

/// One of many refs, which is ready: a value or an error.
template <class T>
struct Completed {
  std::size_t index = 0;  ///< How many refs came before it, of those that as_completed() and add() were given.
  ObjectRef<T> ref;
};

/// Gives refs as they become ready, each once; first those that are, in their order. Each ref is asked once to tell
/// when it is, so one costs the same however many others there are. Made by as_completed(). In a coroutine,
/// `co_await completed` gives what next() gives, without keeping the thread. What was not given goes on when it ends.
///
/// Thread-safety: none; one thread at a time. Ownership: keeps each ref until it gives it.
template <class T>
class AsCompleted {
 public:
  explicit AsCompleted(std::vector<ObjectRef<T>> refs) : rest_(std::move(refs)) {
    const auto added = with_memory("as_completed()", [&] {
      for (; next_of_rest_ < rest_.size(); ++next_of_rest_) add_now(rest_[next_of_rest_].state(), next_of_rest_);
    });
    count_ = rest_.size();
    if (added) rest_ = {};
  }
  AsCompleted(AsCompleted&& other) noexcept = default;
  AsCompleted& operator=(AsCompleted&& other) noexcept {
    std::swap(completions_, other.completions_);
    std::swap(rest_, other.rest_);
    std::swap(next_of_rest_, other.next_of_rest_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~AsCompleted() {
    if (completions_) completions_->clear();
  }

  /// One more, also between two results.
  /// Errors: kExhausted: no memory; it was not added.
  Result<void> add(const ObjectRef<T>& ref) {
    MANTA_RETURN_IF_ERROR(with_memory("as_completed()", [&] { add_now(ref.state(), count_); }));
    ++count_;
    return {};
  }

  /// How many have not been given.
  std::size_t pending() const {
    return (completions_ ? completions_->size() : 0) + (rest_.size() - std::min(next_of_rest_, rest_.size()));
  }

  /// Waits until one is ready and returns it; none: all have been given. It is get() that says what it has become. An
  /// empty ref comes at once. An actor's calls on itself become errors here where get() would say so. Where there was
  /// no memory to wait for all, the others come last, ready or not: get() waits for them.
  /// Errors: kTimeout: none was ready within `timeout`; ask again.
  Result<std::optional<Completed<T>>> next(Duration timeout = kForever) {
    if (!completions_ || completions_->size() == 0) return give_rest();
    auto item = completions_->next(internal::deadline_after(timeout));
    if (!item) return Error{ErrorCode::kTimeout, "none of the objects was ready in time; they are still being made"};
    return given(std::move(*item));
  }

  class Iterator {
   public:
    explicit Iterator(AsCompleted* all) : all_(all) { ++*this; }
    Completed<T>& operator*() { return *item_; }
    Iterator& operator++() {
      item_ = all_->next().value();  // Without a timeout it gives all.
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return item_.has_value(); }

   private:
    AsCompleted* all_;
    std::optional<Completed<T>> item_;
  };
  /// `for (auto& [index, ref] : as_completed(refs))`
  Iterator begin() { return Iterator(this); }
  std::nullptr_t end() const { return nullptr; }

 private:
  template <class A>
  friend struct internal::Awaiting;

  void add_now(const ObjectPtr& object, std::size_t index) {
    if (!completions_) completions_ = std::make_shared<internal::Completions>();
    completions_->add(object, index);
  }
  static std::optional<Completed<T>> given(internal::Completions::Item item) {
    return Completed<T>{.index = item.index, .ref = ObjectRef<T>(std::move(item.object))};
  }
  std::optional<Completed<T>> give_rest() {
    if (next_of_rest_ >= rest_.size()) return std::nullopt;
    const std::size_t index = next_of_rest_++;
    return Completed<T>{.index = index, .ref = std::move(rest_[index])};
  }
  Async<Result<std::optional<Completed<T>>>> take_next() {
    if (!completions_ || completions_->size() == 0) co_return give_rest();
    if (ObjectPtr pending = completions_->pending()) {
      const internal::Readiness ready{std::move(pending)};
      co_await ready;
    }
    co_return given(*completions_->next(TimePoint::max()));
  }

  std::shared_ptr<internal::Completions> completions_;  // Null: there are none.
  std::vector<ObjectRef<T>> rest_;                      // For which there was no memory, from next_of_rest_ on.
  std::size_t next_of_rest_ = 0;
  std::size_t count_ = 0;  // That it was ever given.
};

/// The refs in the order in which they become ready: for (auto& [index, ref] : as_completed(refs)). To take them one by
/// one with wait() costs a look at all of them each time, with this one step.
template <class T>
AsCompleted<T> as_completed(std::vector<ObjectRef<T>> refs) {
  return AsCompleted<T>(std::move(refs));
}

namespace internal {

template <class T>
struct Awaiting<AsCompleted<T>> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, AsCompleted<T>& completed) {
    return Awaiting<Async<Result<std::optional<Completed<T>>>>>::make(call, completed.take_next());
  }
};

}  // namespace internal
}  // namespace manta
