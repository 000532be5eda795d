// SPDX-License-Identifier: Apache-2.0
// Objects that code completes by itself, whenever it has them.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "core/api/object_ref.h"

namespace manta {

namespace internal {
struct Nothing {};  // What stands where a type is needed and there is none.
// An object that nobody has promised yet; without a runtime, one that says so.
ObjectPtr new_promise();
void keep_promise(const ObjectPtr& object, ObjectState::Outcome outcome);
void drop_promise(const ObjectPtr& object);
}  // namespace internal

/// A value of type T to come: whoever has a copy of ref(), in any process, can wait for it as for the result of a call,
/// also before it is set. An actor can let its callers wait so for what it does not have yet.
///
/// Thread-safety: as a value; the refs, as any.
/// Ownership: a Promise that ends without having been set fails its refs with kCancelled, as the end of the runtime
/// does; its process' end, with kActorDied or kWorkerDied and the cause.
template <class T>
class Promise {
 public:
  Promise() : object_(internal::new_promise()) {}
  ~Promise() {
    if (object_) internal::drop_promise(object_);
  }
  Promise(Promise&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Promise& operator=(Promise&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  /// One of any number of refs to the value. Empty if the promise was moved from.
  ObjectRef<T> ref() const { return ObjectRef<T>(object_); }
  bool is_set() const { return object_ && object_->is_ready(); }

  /// Gives the refs their value, once: what comes later is ignored. What goes wrong is their error: kExhausted: the
  /// object store is full; kInvalidArgument: it cannot be serialized.
  void set(const std::conditional_t<std::is_void_v<T>, internal::Nothing, T>& value) requires(!std::is_void_v<T>) {
    if (object_ && !object_->is_ready())
      if (const std::shared_ptr<Caller> caller = internal::current_caller())
        internal::keep_promise(object_, with_memory("a promise's value",
                                                    [&] { return encode(value, caller->allocator()); }));
  }
  void set() requires std::is_void_v<T> {
    if (object_) internal::keep_promise(object_, EncodedValue{});
  }
  /// Gives the refs an error instead.
  void fail(Error error) {
    if (object_) internal::keep_promise(object_, std::move(error));
  }

 private:
  ObjectPtr object_;
};

}  // namespace manta
