// SPDX-License-Identifier: Apache-2.0
// Calls whose functions are coroutines: they wait without keeping a thread.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "core/net/call_context.h"
#include "core/objects/object_state.h"

namespace manta {

class AsyncCall;
class Caller;

/// That a call can go on with what it waited for.
struct AsyncTurn {
  std::shared_ptr<AsyncCall> call;
  std::uint64_t ticket = 0;
};

/// The turns of calls, in order, until some thread takes them.
///
/// Thread-safety: any method, from any thread.
class AsyncTurns {
 public:
  bool empty() const { return size_.load() == 0; }
  void push(AsyncTurn turn);
  std::optional<AsyncTurn> pop();
  /// Nobody takes turns any more: those that are here or come, which keep their calls, are let go of.
  void close();

 private:
  std::mutex mutex_;
  std::deque<AsyncTurn> turns_;
  bool is_closed_ = false;
  std::atomic<std::size_t> size_{0};
};

/// One call that is a coroutine, and those that it waits for in turn. Whatever completes the object that it waits for
/// only queues a turn; the call goes on when a thread takes that.
///
/// Thread-safety: cancel() from any thread; attach() and start() once, then resume() on any, one after the other. The
/// functions for awaiters are called by the coroutine while it runs. Ownership: owns the coroutine; its end, at the
/// latest, destroys it.
class AsyncCall : public std::enable_shared_from_this<AsyncCall> {
 public:
  virtual ~AsyncCall();
  AsyncCall(const AsyncCall&) = delete;
  AsyncCall& operator=(const AsyncCall&) = delete;

  /// Which call of its process this is.
  std::uint64_t number() const { return number_; }
  /// First of all: its number, and where its turns go.
  void attach(std::uint64_t number, std::shared_ptr<AsyncTurns> turns) {
    number_ = number;
    turns_ = std::move(turns);
  }
  AsyncTurns& turns() const { return *turns_; }
  /// Runs the coroutine until it waits or ends. True: it has ended.
  bool start();
  /// Goes on if the coroutine still waits for what `ticket` stands for, or is cancelled. True: it has ended by that.
  bool resume(std::uint64_t ticket);
  /// Ends the call where it waits, or will wait next.
  void cancel();
  /// Once it has ended: puts what it returned into `context`, or throws what it threw; and destroys the coroutine.
  void finish(CallContext& context);

  /// After finish(): the outcome is this one.
  virtual void settle(const CallContext&) {}

  /// For awaiters: whether the call is to end rather than go on.
  bool is_cancelled() const { return is_cancelled_.load(); }
  /// For awaiters: `then` goes on when all objects are ready; null ones are left out.
  void wait_for(std::span<const ObjectPtr> objects, std::coroutine_handle<> then);
  /// For awaiters: `then` goes on at once, as soon as what runs now has suspended.
  void go_on(std::coroutine_handle<> then) { next_ = then; }

 protected:
  explicit AsyncCall(std::coroutine_handle<> root) : root_(root), next_(root) {}

 private:
  /// What is to be done before it runs.
  virtual void begin() {}
  virtual void take_outcome(CallContext& context) = 0;
  bool run();

  std::coroutine_handle<> root_;  // Null once destroyed.
  std::shared_ptr<AsyncTurns> turns_;
  std::uint64_t number_ = 0;
  std::atomic<bool> is_cancelled_{false};

  std::mutex running_;  // Held while the coroutine runs: another thread may get a turn before it has quite suspended.
  std::coroutine_handle<> next_;     // To be run now.
  std::coroutine_handle<> waiting_;  // To be run by the holder of the ticket.
  std::uint64_t ticket_ = 0;
  bool has_ended_ = false;
};

/// Starts `call`, which nobody else runs, and runs it to its end on this thread; while it waits, so does the thread.
void run_to_end(AsyncCall& call, Caller& caller);

}  // namespace manta
