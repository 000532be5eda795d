// SPDX-License-Identifier: Apache-2.0
// One object from the moment it is promised: pending, then a value or an error for ever.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/memory_reserve.h"
#include "core/base/node_id.h"
#include "core/base/pool_allocator.h"
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
  struct Waiter {
    std::function<void()> callback;
    Waiter* next = nullptr;
  };

 public:
  using Outcome = Result<EncodedValue>;

  /// What waited for an object that has become ready.
  class [[nodiscard]] Callbacks {
   public:
    Callbacks() = default;
    Callbacks(Callbacks&& other) noexcept : latest_(std::exchange(other.latest_, nullptr)) {}
    Callbacks& operator=(Callbacks&&) = delete;
    ~Callbacks() { run(); }

    bool empty() const { return latest_ == nullptr; }
    /// In the order in which they came.
    void run() {
      Waiter* oldest = nullptr;
      while (latest_ != nullptr) oldest = std::exchange(latest_, std::exchange(latest_->next, oldest));
      while (oldest != nullptr) {
        const std::unique_ptr<Waiter> waiter(std::exchange(oldest, oldest->next));
        call(waiter->callback);
      }
    }

   private:
    friend class ObjectState;
    explicit Callbacks(Waiter* latest) : latest_(latest) {}
    static void call(const std::function<void()>& callback);

    Waiter* latest_ = nullptr;
  };

  /// While one lives, it is counted how often any object of this process becomes ready. What became ready before is
  /// seen by looking at the objects after it was made.
  class CompletionCount {
   public:
    CompletionCount() { counting_.fetch_add(1); }
    ~CompletionCount() { counting_.fetch_sub(1); }
    CompletionCount(const CompletionCount&) = delete;
    CompletionCount& operator=(const CompletionCount&) = delete;

    std::uint64_t now() const { return completed_.load(); }
  };

  /// An object of this process, without a name as long as no other process hears of it.
  ObjectState() = default;
  /// An object known to others as `id`. `source`, which must outlive it, is asked for the outcome once somebody wants
  /// it; null: it comes by itself.
  explicit ObjectState(ObjectId id, ObjectSource* source = nullptr) : id_(id), source_(source) {}
  ~ObjectState() {  // NOLINT(bugprone-exception-escape): a mutex that fails is beyond help.
    if (call_name_ != nullptr && outcome_ && !*outcome_ && !is_error_seen_) tell_unseen_error();
    Waiter* waiter = waiters_.load();
    while (waiter != nullptr && waiter != ready_mark()) delete std::exchange(waiter, waiter->next);
  }
  ObjectState(const ObjectState&) = delete;
  ObjectState& operator=(const ObjectState&) = delete;

  /// Guarded, as is set_id(), by whoever names the objects of the process.
  const ObjectId& id() const { return id_; }
  void set_id(const ObjectId& id) { id_ = id; }

  /// It is the result of a call of the function `name`, which lives as long as the program: should it end with an error
  /// that nobody has looked at, that is told. By whoever makes it, before others have it.
  void set_call_name(const char* name) { call_name_ = name; }
  /// Null: it is no call's result.
  const char* call_name() const { return call_name_; }
  /// It is the result of a call that an actor has made on itself, in its process. Set as set_call_name().
  void set_own_call() { is_own_call_ = true; }
  bool is_own_call() const { return is_own_call_; }
  /// It is the result of a call of this actor, made in an actor's process. Set as set_call_name().
  void set_callee(std::uint64_t actor) {
    const std::uint64_t local = GlobalId::local(actor);
    if (GlobalId::node(actor) == GlobalId::node(id_.process) && local <= UINT32_MAX)
      callee_ = static_cast<std::uint32_t>(local);
  }
  /// 0: of none, or it is not known: it is none of the node on which the call was made.
  std::uint64_t callee() const { return callee_ == 0 ? 0 : GlobalId::of(GlobalId::node(id_.process), callee_); }
  /// Gets a line about an error that nobody has looked at until the object's end, anywhere: it may neither wait nor use
  /// objects.
  using OnUnseenError = std::function<void(std::string_view line)>;
  /// Null: lines go to standard error. At most kUnseenMost of a process come.
  static void on_unseen_error(std::shared_ptr<const OnUnseenError> callback);
  static constexpr int kUnseenMost = 100;

  /// To be called by all who wait for it.
  void want() {
    if (source_ != nullptr && !is_ready() && !wanted_.exchange(true)) source_->watch(id_);
  }

  /// Somebody has waited for it, or will.
  bool is_wanted() const { return wanted_.load(); }

  bool is_ready() const { return waiters_.load() == ready_mark(); }
  /// Only once is_ready(). An error counts as looked at.
  const Outcome& outcome() const {
    if (!*outcome_) is_error_seen_.store(true, std::memory_order_relaxed);
    return *outcome_;
  }

  /// Runs `callback` once the object is ready: now if it is, else on the thread that makes it so. It must be short.
  void then(std::function<void()> callback) {
    want();
    auto waiter = new_waiter(std::move(callback), waiters_.load());
    while (waiter->next != ready_mark()) {
      if (!waiters_.compare_exchange_weak(waiter->next, waiter.get())) continue;
      static_cast<void>(waiter.release());
      return;
    }
    waiter->callback();
  }

  /// Gives the object its outcome, once: a later one is ignored (a call that was cancelled may still answer).
  void complete(Outcome outcome) { settle(std::move(outcome)).run(); }
  /// As complete(), but the callbacks are left to whoever calls: they are to be run soon.
  Callbacks settle(Outcome outcome) {
    if (is_settled_.exchange(true)) return {};
    outcome_.emplace(std::move(outcome));
    Callbacks waiting(waiters_.exchange(ready_mark()));
    // Either this sees who counts, or who counts sees, when it looks at the object, that it is ready.
    if (counting_.load() > 0) completed_.fetch_add(1);
    return waiting;
  }

 private:
  void tell_unseen_error() const noexcept;  // NOLINT(bugprone-exception-escape): likewise.
  static std::unique_ptr<Waiter> new_waiter(std::function<void()> callback, Waiter* next) {
    const MemoryReserve::Use reserve;
    return std::make_unique<Waiter>(Waiter{std::move(callback), next});
  }

  // Stands in place of the waiters once the object is ready.
  static Waiter* ready_mark() { return reinterpret_cast<Waiter*>(std::uintptr_t{1}); }

  std::atomic<Waiter*> waiters_{nullptr};  // Latest first.
  std::atomic<bool> is_settled_{false};    // Somebody gives it its outcome, or has.
  std::atomic<bool> wanted_{false};
  bool is_own_call_ = false;
  mutable std::atomic<bool> is_error_seen_{false};
  std::uint32_t callee_ = 0;
  std::optional<Outcome> outcome_;  // Written before ready_mark().
  ObjectId id_;
  ObjectSource* const source_ = nullptr;
  const char* call_name_ = nullptr;             // Null: it is no call's result.
  static inline std::atomic<int> counting_{0};  // How many CompletionCounts there are.
  static inline std::atomic<std::uint64_t> completed_{0};
};

/// Stands for all objects that there is no memory for: ready, with that error. It is not to be given to others.
const ObjectPtr& no_memory_object();

/// An object from the pool, as most are: they come and go with calls.
template <class State = ObjectState, class... Arguments>
std::shared_ptr<State> make_object(Arguments&&... arguments) {
  return std::allocate_shared<State>(PoolAllocator<State>(), std::forward<Arguments>(arguments)...);
}

}  // namespace manta
