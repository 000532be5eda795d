// SPDX-License-Identifier: Apache-2.0
// Coroutines as remote functions and methods.
#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/api/function_traits.h"
#include "core/api/object_ref.h"
#include "core/net/async_call.h"

namespace manta {

namespace internal {

template <class T>
class AsyncPromise;
template <class T>
class GeneratorPromise;
class AsyncPromiseBase;

// How an A is awaited in a coroutine: `static auto make(AsyncCall&, A)` gives the awaiter. Specialized for each type
// that can be.
template <class A>
struct Awaiting {
  static constexpr bool is_defined = false;
};

}  // namespace internal

/// What a function or method returns that is a coroutine: it may `co_await` an ObjectRef<T> (which gives a Result<T>),
/// a vector of them, when_all() of several, a Stream<T>, or another Async<T>. Called by remote<f> or call<&C::m> it is
/// like any other, but that while it waits, its actor goes on with other calls: one thread serves thousands of calls
/// that wait. The call is answered when the coroutine returns. cancel() ends a call that waits: its locals are
/// destroyed. Called directly, it runs when it is awaited.
///
/// Thread-safety: an actor's coroutines run on the threads of its `max_concurrency`, so with the default, 1, one at a
/// time: what others may change meanwhile changes at a `co_await` only.
/// Parameters of remote ones are values: a reference would dangle after the first `co_await`.
template <class T = void>
class [[nodiscard]] Async {
 public:
  using promise_type = internal::AsyncPromise<T>;

  Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Async& operator=(Async&&) = delete;
  ~Async() {
    if (handle_) handle_.destroy();
  }

 private:
  friend promise_type;
  template <class A>
  friend struct internal::Awaiting;
  template <class R>
  friend struct internal::AsyncStart;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Async(Handle handle) : handle_(handle) {}

  Handle handle_;
};

namespace internal {

// g++ 12 destroys temporaries of an aggregate's type twice that stand in the same expression as a co_await, and forgets
// those in the condition of an if. What has a name is safe.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 15
inline constexpr bool may_have_temporaries = false;
#else
inline constexpr bool may_have_temporaries = true;
#endif

// What all coroutines of a call have.
class AsyncPromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept {
    struct Awaiter {
      AsyncPromiseBase& promise;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) noexcept {
        if (promise.awaiting_) promise.call_->go_on(promise.awaiting_);
      }
      void await_resume() noexcept {}
    };
    return Awaiter{*this};
  }
  void unhandled_exception() { exception_ = std::current_exception(); }

  template <class A>
  auto await_transform(A&& awaited) {
    using Awaited = std::remove_cvref_t<A>;
    static_assert(Awaiting<Awaited>::is_defined,
                  "this cannot be awaited in a remote coroutine: co_await takes an ObjectRef, a vector of them, "
                  "when_all(refs...), an Async or a Stream");
    static_assert(std::is_lvalue_reference_v<A> || may_have_temporaries,
                  "with g++ before 15, give what you await a name first (auto ref = remote<f>(1); co_await ref;): its "
                  "coroutines destroy some temporaries of a co_await twice");
    if constexpr (Awaiting<Awaited>::is_defined) return Awaiting<Awaited>::make(*call_, std::forward<A>(awaited));
  }

  /// Of which call it is; and which coroutine goes on when it ends, if any.
  void belong_to(AsyncCall& call, std::coroutine_handle<> awaiting = nullptr) {
    call_ = &call;
    awaiting_ = awaiting;
  }

 protected:
  AsyncCall& call() { return *call_; }
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  AsyncCall* call_ = nullptr;
  std::coroutine_handle<> awaiting_;
  std::exception_ptr exception_;
};

template <class T>
class AsyncPromise final : public AsyncPromiseBase {
 public:
  Async<T> get_return_object() { return Async<T>(std::coroutine_handle<AsyncPromise>::from_promise(*this)); }
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class AsyncPromise<void> final : public AsyncPromiseBase {
 public:
  Async<void> get_return_object() { return Async<void>(std::coroutine_handle<AsyncPromise>::from_promise(*this)); }
  void return_void() {}
  void take() { rethrow(); }
};

// Waits until all of some objects are ready; `read` makes the value of co_await. It waits, with its thread, only for
// bytes that had to leave the store.
template <class Objects, class Read>
struct ObjectsAwaiter {
  AsyncCall& call;
  Objects objects;
  Read read;

  bool await_ready() const {
    if (call.is_cancelled()) return false;
    for (const ObjectPtr& object : objects)
      if (object && !object->is_ready()) return false;
    return true;
  }
  void await_suspend(std::coroutine_handle<> awaiting) { call.wait_for(objects, awaiting); }
  auto await_resume() { return read(objects); }
};
template <class Objects, class Read>
ObjectsAwaiter<Objects, Read> await_objects(AsyncCall& call, Objects objects, Read read) {
  return {call, std::move(objects), std::move(read)};
}

// Awaits that an object is there, whatever it has become.
struct Readiness {
  ObjectPtr object;
};
template <>
struct Awaiting<Readiness> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, const Readiness& readiness) {
    return await_objects(call, std::array<ObjectPtr, 1>{readiness.object}, [](const auto&) {});
  }
};

template <class T>
struct Awaiting<ObjectRef<T>> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, const ObjectRef<T>& ref) {
    return await_objects(call, std::array<ObjectPtr, 1>{ref.state()},
                         [](const auto& objects) { return read<T>(objects.front(), TimePoint::max()); });
  }
};

template <class T>
struct Awaiting<std::vector<ObjectRef<T>>> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, const std::vector<ObjectRef<T>>& refs) {
    std::vector<ObjectPtr> states;
    states.reserve(refs.size());
    for (const ObjectRef<T>& ref : refs) states.push_back(ref.state());
    return await_objects(call, std::move(states),
                         [](const auto& objects) { return read_all<T>(objects, TimePoint::max()); });
  }
};

template <class... T>
struct AllRefs {
  std::array<ObjectPtr, sizeof...(T)> states;
};
template <class... T>
struct Awaiting<AllRefs<T...>> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, AllRefs<T...> all) {
    return await_objects(call, std::move(all.states),
                         [](const auto& objects) { return read_each<T...>(objects, TimePoint::max()); });
  }
};

template <class T>
struct Awaiting<Async<T>> {
  static constexpr bool is_defined = true;
  struct Awaiter {
    AsyncCall& call;
    Async<T> coroutine;

    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
      coroutine.handle_.promise().belong_to(call, awaiting);
      call.go_on(coroutine.handle_);
    }
    T await_resume() { return coroutine.handle_.promise().take(); }
  };
  static Awaiter make(AsyncCall& call, Async<T>&& coroutine) {
    MANTA_CHECK(coroutine.handle_, "a coroutine is awaited once");
    return {call, std::move(coroutine)};
  }
  static Awaiter make(AsyncCall& call, Async<T>& coroutine) { return make(call, std::move(coroutine)); }
};

// A coroutine that was called from another process.
template <class T>
struct AsyncStart<Async<T>> {
  class Running final : public AsyncCall {
   public:
    explicit Running(Async<T> coroutine) : AsyncCall(coroutine.handle_), promise_(coroutine.handle_.promise()) {
      coroutine.handle_ = nullptr;
      promise_.belong_to(*this);
    }

   private:
    void take_outcome(CallContext& context) override {
      set_outcome<T>(context, [&]() -> T { return promise_.take(); });
    }
    AsyncPromise<T>& promise_;
  };
  static std::shared_ptr<AsyncCall> make(Async<T> coroutine) { return std::make_shared<Running>(std::move(coroutine)); }
};

}  // namespace internal

/// In a coroutine: `co_await when_all(a, b, c)` waits for all refs and gives a Result of a tuple of their values, or
/// the first error in their order.
template <class... T>
internal::AllRefs<T...> when_all(const ObjectRef<T>&... refs) {
  return {{refs.state()...}};
}

}  // namespace manta
