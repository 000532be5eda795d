// SPDX-License-Identifier: Apache-2.0
#include "core/net/async_call.h"

#include "core/base/memory_reserve.h"
#include "core/net/caller.h"

namespace manta {

void AsyncTurns::push(AsyncTurn turn) {
  const MemoryReserve::Use reserve;
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  turns_.push_back(std::move(turn));
  size_.store(turns_.size());
}

void AsyncTurns::close() {
  std::deque<AsyncTurn> turns;  // A call's end may do anything.
  const std::lock_guard lock(mutex_);
  turns.swap(turns_);
  size_.store(0);
  is_closed_ = true;
}

std::optional<AsyncTurn> AsyncTurns::pop() {
  if (empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (turns_.empty()) return std::nullopt;
  AsyncTurn turn = std::move(turns_.front());
  turns_.pop_front();
  size_.store(turns_.size());
  return turn;
}

AsyncCall::~AsyncCall() {
  if (root_) root_.destroy();
}

bool AsyncCall::start() {
  const std::lock_guard lock(running_);
  begin();
  return run();
}

bool AsyncCall::resume(std::uint64_t ticket) {
  const std::lock_guard lock(running_);
  if (has_ended_ || (ticket != ticket_ && !is_cancelled())) return false;
  if (!is_cancelled()) next_ = waiting_;
  return run();
}

// One coroutine after the other, each on an empty stack: a chain of any length does not pile up.
bool AsyncCall::run() {
  while (next_ && !is_cancelled()) std::exchange(next_, nullptr).resume();
  has_ended_ = root_.done() || is_cancelled();
  return has_ended_;
}

void AsyncCall::cancel() {
  is_cancelled_ = true;
  turns_->push({shared_from_this(), 0});
}

void AsyncCall::finish(CallContext& context) {
  // Also when the outcome is an exception. What the coroutine has of the store is free before the answer is sent.
  struct Destroy {
    std::coroutine_handle<>& root;
    ~Destroy() { std::exchange(root, nullptr).destroy(); }
  } const destroy{root_};
  if (root_.done()) {
    take_outcome(context);
  } else {
    context.outcome = cancelled_error();
  }
}

void AsyncCall::wait_for(std::span<const ObjectPtr> objects, std::coroutine_handle<> then) {
  struct Countdown {
    std::weak_ptr<AsyncCall> call;
    std::uint64_t ticket;
    std::atomic<std::size_t> left;

    // For clang before 16, whose make_shared makes no aggregates.
    Countdown(std::weak_ptr<AsyncCall> of, std::uint64_t turn, std::size_t count)
        : call(std::move(of)), ticket(turn), left(count) {}
    void count() {
      if (left.fetch_sub(1) != 1) return;
      if (std::shared_ptr<AsyncCall> waiting = call.lock()) {
        AsyncTurns& turns = *waiting->turns_;
        turns.push({std::move(waiting), ticket});
      }
    }
  };
  const MemoryReserve::Use reserve;
  waiting_ = then;
  // One more than there are objects: it is not to get to the end before all have been asked.
  const auto countdown = std::make_shared<Countdown>(weak_from_this(), ++ticket_, objects.size() + 1);
  for (const ObjectPtr& object : objects) {
    if (object) {
      object->then([countdown] { countdown->count(); });
    } else {
      countdown->count();
    }
  }
  countdown->count();
}

void run_to_end(AsyncCall& call, Caller& caller) {
  AsyncTurns& turns = call.turns();
  bool has_ended = call.start();
  while (!has_ended) {
    caller.wait([&] { return !turns.empty(); }, TimePoint::max());
    if (const std::optional<AsyncTurn> turn = turns.pop()) has_ended = turn->call->resume(turn->ticket);
  }
}

}  // namespace manta
