// SPDX-License-Identifier: Apache-2.0
// Handles to values that other processes make, and how to get at them.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/api/runtime.h"
#include "core/base/no_memory.h"
#include "core/base/result.h"
#include "core/objects/codec.h"
#include "core/objects/object_state.h"

namespace manta {

/// A value of type T that is there, or will be. Pass it as an argument instead of the value: the task then starts when
/// it is ready, and the bytes do not come through this process. A ref can itself be an argument or a result, inside
/// structs and containers: who gets it has the ref, not the value.
///
/// Thread-safety: any const method, from any thread.
/// Ownership: keeps the value while a copy lives.
template <class T>
class ObjectRef {
 public:
  using value_type = T;

  ObjectRef() = default;
  explicit ObjectRef(ObjectPtr state) : state_(std::move(state)) {}

  bool is_ready() const;
  /// Calls `callback` once the value or its error is there: at once, or later on a thread of the runtime, which it must
  /// not keep: it may not wait for another object, nor, in a worker, put a large value. In a worker that is a thread
  /// that waits, or has ended its call. A get() on another thread may return before. Of an empty ref never.
  void then(std::function<void()> callback) const {
    if (state_) state_->then(std::move(callback));
  }
  const ObjectPtr& state() const { return state_; }
  ObjectPtr take_state() && { return std::move(state_); }

  template <class Archive>
  void save(Archive& archive) const;
  template <class Archive>
  void load(Archive& archive);

 private:
  ObjectPtr state_;
};

namespace internal {

bool is_ready(const ObjectPtr& state);
// Gives objects of a call, or a put, that cannot be made the reason why; those that are null are made for that. Null
// `caller`: there is no runtime.
void fail_objects(std::span<ObjectPtr> objects, Caller* caller, const Error& error) noexcept;
// What a ref inside a value becomes.
std::uint64_t write_reference(const ObjectPtr& state);
ObjectPtr read_object(std::uint64_t place);

TimePoint deadline_after(Duration timeout);
/// How long many refs are waited for at once before wait_for() waits for each, which finds out who waits for whom.
TimePoint first_deadline(TimePoint deadline);
/// Waits until `done()`, which looks at objects and is cheap, or until `deadline`. Returns done(). Where nothing
/// becomes ready any more, without a runtime or in a forked copy of its process, it only looks.
bool wait_until(const std::function<bool()>& done, TimePoint deadline);
/// Waits until `done()`, which takes some of `results`, all of calls of an actor on itself. If they cannot come because
/// this thread waits, they get an error.
void wait_for_own_calls(std::span<const ObjectPtr> results, const std::function<bool()>& done);
/// Waits for `state`. Errors: kTimeout; whatever its call failed with.
Result<ValueView> wait_for(const ObjectPtr& state, TimePoint deadline);

// The value of `state` if it is there and lies in this process; else null.
inline const EncodedValue* value_here(const ObjectPtr& state) {
  if (!state || !state->is_ready() || !state->outcome() || has_blocks(*state->outcome())) return nullptr;
  return &*state->outcome();
}
template <class T>
Result<T> read(const ObjectPtr& state, TimePoint deadline) {
  if (const EncodedValue* value = value_here(state))
    return decode<T>({.bytes = value->inline_bytes, .references = &value->references});
  MANTA_ASSIGN_OR_RETURN(const ValueView view, wait_for(state, deadline));
  return decode<T>(view);
}
template <>
inline Result<void> read<void>(const ObjectPtr& state, TimePoint deadline) {
  MANTA_RETURN_IF_ERROR(wait_for(state, deadline));
  return {};
}

// What many refs give: their values, or nothing if they have none.
template <class T>
struct AllValues {
  using type = std::vector<T>;
};
template <>
struct AllValues<void> {
  using type = void;
};
template <class T>
bool is_there(const ObjectRef<T>& ref) {
  return ref.state() && ref.state()->is_ready();
}
inline const ObjectPtr& state_of(const ObjectPtr& state) { return state; }
template <class T>
const ObjectPtr& state_of(const ObjectRef<T>& ref) {
  return ref.state();
}
/// One wait for all refs, or, if one before the others fails or is empty, for those up to it.
template <class Refs>
void wait_for_front(const Refs& refs, TimePoint deadline) {
  std::size_t next = 0;
  std::size_t end = refs.size();
  const auto is_there = [&] { return state_of(refs[next]) && state_of(refs[next])->is_ready(); };
  const auto done = [&] {
    while (next < end && is_there() && state_of(refs[next])->outcome()) ++next;
    return next == end || !state_of(refs[next]) || is_there();
  };
  if (done()) return;
  bool is_call = false;  // Of another actor, which may wait for this one.
  for (std::size_t i = next; i < refs.size(); ++i) {
    const ObjectPtr& state = state_of(refs[i]);
    if (!state) continue;
    state->want();
    is_call |= state->callee() != 0;
    if (i < end && state->is_own_call() && !state->is_ready()) end = i;  // wait_for() does otherwise for it.
  }
  wait_until(done, is_call ? first_deadline(deadline) : deadline);
}
// How many of the refs are ready; at most `most`.
template <class T>
std::size_t count_ready(const std::vector<ObjectRef<T>>& refs, std::size_t most) {
  std::size_t ready = 0;
  for (std::size_t i = 0; i < refs.size() && ready < most; ++i) ready += is_there(refs[i]) ? 1 : 0;
  return ready;
}
/// Waits until `count` of the refs are ready, or all that are not empty.
template <class T>
void wait_for_some(const std::vector<ObjectRef<T>>& refs, std::size_t count, TimePoint deadline) {
  const auto enough_of = [&](std::size_t wanted) { return count_ready(refs, wanted) == wanted; };
  if (enough_of(count)) return;
  std::size_t wanted = 0;
  std::size_t of_others = 0;
  std::vector<ObjectPtr> own;
  for (const ObjectRef<T>& ref : refs) {
    if (!ref.state()) continue;  // It never becomes ready.
    ref.state()->want();
    if (wanted < count) ++wanted;
    if (ref.state()->is_own_call()) {
      own.push_back(ref.state());
    } else {
      ++of_others;
    }
  }
  if (of_others < wanted && deadline == TimePoint::max()) wait_for_own_calls(own, [&] { return enough_of(wanted); });
  // Looking at each object again is worth it only when as many objects as are missing, whichever they are, have become
  // ready meanwhile: if none but these do, all are looked at twice.
  const ObjectState::CompletionCount completed;
  std::uint64_t look_at = 0;
  bool enough = false;
  wait_until(
      [&] {
        const std::uint64_t now = completed.now();
        if (enough || now < look_at) return enough;
        const std::size_t ready = count_ready(refs, wanted);
        look_at = now + (wanted - ready);
        return enough = ready == wanted;
      },
      deadline);
}
// Of a container of refs or objects.
template <class T, class Refs>
Result<typename AllValues<T>::type> read_all(const Refs& refs, TimePoint deadline) {
  wait_for_front(refs, deadline);
  if constexpr (std::is_void_v<T>) {
    for (const auto& ref : refs) MANTA_RETURN_IF_ERROR(read<void>(state_of(ref), deadline));
    return {};
  } else {
    std::vector<T> values;
    values.reserve(refs.size());
    for (const auto& ref : refs) {
      MANTA_ASSIGN_OR_RETURN(T value, read<T>(state_of(ref), deadline));
      values.push_back(std::move(value));
    }
    return values;
  }
}

// In a tuple, a ref without a value has a place too.
template <class T>
using TupleElement = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <class T>
Result<TupleElement<T>> read_element(const ObjectPtr& state, TimePoint deadline) {
  if constexpr (std::is_void_v<T>) {
    MANTA_RETURN_IF_ERROR(read<void>(state, deadline));
    return std::monostate();
  } else {
    return read<T>(state, deadline);
  }
}
template <class... T, std::size_t... I>
Result<std::tuple<TupleElement<T>...>> read_each(std::span<const ObjectPtr> states, TimePoint deadline,
                                                 std::index_sequence<I...>) {
  std::tuple<Result<TupleElement<T>>...> results{read_element<T>(states[I], deadline)...};
  const Error* error = nullptr;
  static_cast<void>(((std::get<I>(results) ? true : (error = &std::get<I>(results).error(), false)) && ...));
  if (error != nullptr) return *error;
  return std::tuple<TupleElement<T>...>(std::move(std::get<I>(results)).value()...);
}
template <class... T>
Result<std::tuple<TupleElement<T>...>> read_each(std::span<const ObjectPtr> states, TimePoint deadline) {
  return read_each<T...>(states, deadline, std::index_sequence_for<T...>());
}

}  // namespace internal

template <class T>
bool ObjectRef<T>::is_ready() const {
  return internal::is_ready(state_);
}
template <class T>
template <class Archive>
void ObjectRef<T>::save(Archive& archive) const {
  archive(internal::write_reference(state_));
}
template <class T>
template <class Archive>
void ObjectRef<T>::load(Archive& archive) {
  std::uint64_t place = 0;
  archive(place);
  state_ = internal::read_object(place);
}

inline constexpr Duration kForever = Duration::max();

/// Waits for the value and returns it. A SharedArray is a view of the store, not a copy.
/// Errors: kTimeout: not ready within `timeout`, and goes on: ask again; kTaskFailed: the code threw; kWorkerDied,
/// kActorDied: its process ended; kCancelled: by cancel(), or the runtime ended; kFailedPrecondition: an empty ref, or
/// an actor waits so, without a timeout, for a call on itself, with all its threads, or for one on an actor that waits
/// for this one, perhaps by way of others: use co_await, the call runs later;
/// kObjectLost: its bytes had gone to disk, their file is gone or damaged, and nobody can make them again, as the
/// message explains: put() it again; kExhausted: there was no room in the store to bring it back from disk, or no
/// memory: let go of arrays, and ask again. An error that is never asked for is printed when the last ref to it goes,
/// but for kCancelled and kActorDied.
template <class T>
Result<T> get(const ObjectRef<T>& ref, Duration timeout = kForever) {
  return with_memory("a value that get() reads",
                     [&] { return internal::read<T>(ref.state(), internal::deadline_after(timeout)); });
}

/// All values, or the first error in their order; of refs without values, whether there was an error.
template <class T>
Result<typename internal::AllValues<T>::type> get(const std::vector<ObjectRef<T>>& refs, Duration timeout = kForever) {
  return with_memory("the values that get() reads",
                     [&] { return internal::read_all<T>(refs, internal::deadline_after(timeout)); });
}

/// The values of several refs as a tuple, or the first error in their order; std::monostate of a ref without a value.
template <class A, class B, class... T>
auto get(const ObjectRef<A>& a, const ObjectRef<B>& b, const ObjectRef<T>&... refs) {
  return with_memory("the values that get() reads", [&] {
    return internal::read_each<A, B, T...>(
        std::array<ObjectPtr, 2 + sizeof...(T)>{a.state(), b.state(), refs.state()...}, TimePoint::max());
  });
}

/// Puts a value into the object store, from where any number of tasks read it. Waits where the store is full and its
/// disk takes no more, until there is room, at most RuntimeOptions::put_timeout.
/// Errors (of the ref): kExhausted: there was none, or no memory to serialize it: let go of arrays and refs;
/// kInvalidArgument: it cannot be serialized. get() may say kObjectLost later: what was put is not made again.
template <class T>
ObjectRef<T> put(const T& value) {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  ObjectPtr state;
  const auto made = with_memory("a value that is put", [&]() -> Result<void> {
    if (!caller) return internal::no_runtime_error();
    state = caller->new_object();
    TraceSpan span(caller->tracer(), {.kind = TraceEvent::Kind::kPut});
    Result<EncodedValue> encoded = encode(value, caller->allocator());
    if (encoded && encoded->block) {
      span.set_bytes(encoded->block->size());
    } else {
      span.drop();  // A small value stays in this process.
    }
    caller->put(state, std::move(encoded));
    return {};
  });
  if (!made) internal::fail_objects(std::span(&state, 1), caller.get(), made.error());
  return ObjectRef<T>(std::move(state));
}

struct CancelOptions {
  bool force = false;  ///< Kills the process of a task that runs. An actor's call is only told.
};

/// Ends the call that `ref` is a result of with kCancelled, unless it has ended. A call that waits never begins; one
/// that runs goes on until it asks is_cancelled(), or is killed.
template <class T>
void cancel(const ObjectRef<T>& ref, CancelOptions options = {}) {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  if (caller && ref.state()) caller->cancel(ref.state(), options.force);
}

/// In a task or a method: whether its caller has cancelled it, so that it may as well return. Takes a lock, and looks
/// for messages of the node.
bool is_cancelled();

template <class T>
struct WaitResult {
  std::vector<ObjectRef<T>> ready;    ///< Values or errors that are there, in the order given.
  std::vector<ObjectRef<T>> pending;  ///< The others.
};

/// Waits until `count` of the refs are ready (values or errors), or until `timeout`. An empty ref is never ready, and
/// not waited for. An actor's calls on itself become errors here where get() would say so. Of many refs, move them in:
/// none is copied then. It looks at all of them: to take many one by one, as_completed() costs each but once. Where
/// there is no memory to wait, or for the lists, refs stay among the pending ones.
template <class T>
WaitResult<T> wait(std::vector<ObjectRef<T>> refs, std::size_t count = 1, Duration timeout = kForever) {
  WaitResult<T> result;
  auto place = refs.end();
  auto ref = refs.end();
  const auto waited = with_memory("wait()", [&] {
    internal::wait_for_some(refs, count, internal::deadline_after(timeout));
    const auto first_pending = std::find_if_not(refs.begin(), refs.end(), internal::is_there<T>);
    if (first_pending == refs.end()) {
      result.ready.swap(refs);
      place = refs.end();
      return;
    }
    result.ready.reserve(static_cast<std::size_t>(first_pending - refs.begin()));
    // Those that are pending stay where they are, as long as none before them goes.
    place = ref = std::find_if(refs.begin(), refs.end(), internal::is_there<T>);
    for (; ref != refs.end(); ++ref) {
      if (internal::is_there(*ref)) {
        result.ready.push_back(std::move(*ref));
      } else {
        *place++ = std::move(*ref);
      }
    }
  });
  if (!waited) place = std::move(ref, refs.end(), place);
  refs.erase(place, refs.end());
  result.pending = std::move(refs);
  return result;
}

/// As wait(), of refs that stay where they are: the places of the ready ones in `refs`, in order; of the first of them,
/// where there is no memory for more.
template <class T>
std::vector<std::size_t> wait_indices(const std::vector<ObjectRef<T>>& refs, std::size_t count = 1,
                                      Duration timeout = kForever) {
  std::vector<std::size_t> ready;
  static_cast<void>(with_memory("wait_indices()", [&] {
    internal::wait_for_some(refs, count, internal::deadline_after(timeout));
    for (std::size_t i = 0; i < refs.size(); ++i)
      if (internal::is_there(refs[i])) ready.push_back(i);
  }));
  return ready;
}

}  // namespace manta
