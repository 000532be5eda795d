// SPDX-License-Identifier: Apache-2.0
// Calls that are coroutines, and the end of a worker, which lets them end first.
#include "core/worker/running_call.h"
#include "core/worker/worker_process.h"

namespace manta {

// Runs the coroutine that the call has made until it waits or ends. True: it has ended, with its outcome in `context`;
// if not, the context is kept elsewhere, and the call will be answered later.
bool WorkerProcess::begin_async(MessageType type, std::uint64_t number, CallContext& context) {
  const std::shared_ptr<AsyncCall> call = std::move(context.async);
  // A task has this thread for itself; while it waits, the thread does, so that the node lends its CPUs.
  const bool is_task = type == MessageType::kRunTask;
  call->attach(number, is_task ? std::make_shared<AsyncTurns>() : async_.turns());
  async_.add(call, is_task ? std::nullopt : std::optional<CallContext>(std::move(context)));
  if (is_cancelled(number)) call->cancel();  // It was, perhaps, before it was known.
  if (is_task) {
    run_user_code([&] { run_to_end(*call, *this); });
    finish(*call, context);
    async_.remove(*call);
    call->turns().close();  // One that is left, of a second cancel(), would keep the call that keeps it.
    return true;
  }
  bool has_ended = false;
  run_user_code([&] { has_ended = call->start(); });
  if (has_ended) end_async(*call);
  return false;
}

void WorkerProcess::take_turn() {
  const std::optional<AsyncTurn> turn = async_.turns()->pop();
  if (!turn) return;
  const RunningCall running(turn->call->number());
  bool has_ended = false;
  run_user_code([&] { has_ended = turn->call->resume(turn->ticket); });
  if (has_ended) end_async(*turn->call);
}

void WorkerProcess::end_async(AsyncCall& call) {
  CallContext& context = async_.context(call);
  finish(call, context);
  answer(call.number(), context, Duration::zero());
  async_.remove(call);
}

void WorkerProcess::finish(AsyncCall& call, CallContext& context) {
  run_into(context, [&] { call.finish(context); });
  call.settle(context);
}

// While all threads wait for what coroutines wait for, the node lends the CPUs of this process to others.
void WorkerProcess::wait_for_work() {
  const auto has_work = [&] {
    return has_calls() || stopping_ || (is_draining_ && !drained_threads_.contains(std::this_thread::get_id()));
  };
  if (async_.empty()) {
    completion_.wait(has_work, TimePoint::max());
  } else {
    wait(has_work, TimePoint::max());
  }
}

// After a stop no call begins; the threads go on until the calls that have begun have ended, and all of them know.
bool WorkerProcess::is_done() {
  if (!is_draining_) return stopping_;
  drained_threads_.insert(std::this_thread::get_id());
  if (drained_threads_.size() == thread_count_ && async_.empty()) stop();
  return stopping_;
}

void WorkerProcess::start_drain() {
  is_draining_ = true;
  completion_.notify();
}

// A call that came after the stop, perhaps of a coroutine that is to end first.
void WorkerProcess::refuse(const Message& message) {
  for (const MessageValue& value : message.values) take_references(value, false);  // To give them back.
  CallContext context{.arguments = {}, .allocator = store_, .actor = actor_};
  context.outcome = Error{ErrorCode::kActorDied, "the actor was stopped"};
  answer(message.header.call, context, Duration::zero());
}

}  // namespace manta
