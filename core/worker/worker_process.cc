// SPDX-License-Identifier: Apache-2.0
// Calls to this process; worker_calls.cc has those that it makes.
#include "core/worker/worker_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <optional>
#include <string>

#include "core/base/fork_guard.h"
#include "core/base/start_thread.h"
#include "core/net/actor_lease.h"
#include "core/worker/crash_report.h"
#include "core/worker/running_call.h"

namespace manta {
namespace {

std::shared_ptr<WorkerProcess> g_worker;  // The process is one worker or none; user code must find it.

}  // namespace

std::shared_ptr<Caller> WorkerProcess::current() { return g_worker; }

void WorkerProcess::set_current(std::shared_ptr<WorkerProcess> worker) { g_worker = std::move(worker); }

WorkerProcess::WorkerProcess(std::uint64_t id, SharedMemory link, SharedMemory node_page, SharedMemory store, Pace pace)
    : id_(id),
      clock_(pace.clock),
      is_stepped_(pace.is_stepped()),
      link_(std::move(link), std::move(node_page), pace.pause_for_room),
      trace_(link_.layout().is_traced ? std::make_unique<TraceRing>(link_.layout()) : nullptr),
      timer_(link_.layout()),
      served_(link_, calls_),
      direct_(link_, pace.is_stepped()),
      completion_(
          link_.bell(), CompletionWait::Otherwise::kNobody, [this] { return take_messages(); },
          [this] { return has_messages(); }, std::move(pace)),
      store_(
          std::move(store),
          {.request = [this](std::size_t size) { return request_chunk(size); },
           .discard = [this](std::uint64_t offset,
                             std::size_t size) { link_.send({.type = MessageType::kDiscard, .a = offset, .b = size}); },
           .release = [this](std::uint64_t offset) { link_.send({.type = MessageType::kRelease, .a = offset}); }}) {}

WorkerProcess::~WorkerProcess() { end(); }  // NOLINT(bugprone-exception-escape): as in the header.

void WorkerProcess::run() {
  serve();
  end();
}

void WorkerProcess::end() {
  const MemoryReserve::Use reserve;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  async_.clear();
  actor_.reset();
  direct_.abandon();
}

void WorkerProcess::serve() {
  const MemoryReserve::Use reserve;
  const CrashStack stack;
  while (serve_next()) {
  }
}

bool WorkerProcess::serve_next() {
  thread_local std::vector<std::byte> bytes;
  thread_local Message message;
  const bool is_draining = is_draining_;
  if (is_done()) return false;
  wait_for_work();
  if (stopping_) return false;
  take_turn();
  if (!calls_.pop(bytes)) return true;
  MANTA_CHECK(message.read(bytes, store_.capacity()), "a call changed while it waited");
  if (message.header.type == MessageType::kStop) {
    start_drain();
    return true;
  }
  if (message.header.type == MessageType::kChildDied) {
    judge_death(message);
    return true;
  }
  if (is_draining) {
    refuse(message);
    return true;
  }
  const bool is_task = message.header.type == MessageType::kRunTask;
  if (is_task && !link_.claims().claim(static_cast<std::uint32_t>(message.header.a))) {
    for (const MessageValue& value : message.values) take_references(value, false);  // To give them back.
    return true;
  }
  if (message.header.type == MessageType::kCreateActor) actor_id_ = message.header.b;
  run_call(message);
  if (message.header.type == MessageType::kCreateActor) start_threads(message.header.a);
  return true;
}

bool WorkerProcess::step_message() {
  const MemoryReserve::Use reserve;
  const bool taken = link_.receive(1, [this](std::span<const std::byte> bytes) { handle(bytes); }) > 0 || take_direct(1) > 0;
  pass_on_waits();
  return taken;
}

// An actor that counts on more threads than it gets might wait for ever: it ends.
void WorkerProcess::start_threads(std::uint64_t count) {
  thread_count_ = std::max<std::uint64_t>(1, count);
  for (std::uint64_t i = 1; i < count; ++i) {
    auto started = start_thread([this] { serve(); });
    if (!started) {
      std::fprintf(stderr, "thread %d of the %d that max_concurrency asks for: %s\n", static_cast<int>(i + 1),
                   static_cast<int>(count), started.error().message.c_str());
      ::_exit(1);
    }
    threads_.push_back(std::move(*started));
  }
}

void WorkerProcess::stop() {
  stopping_ = true;
  completion_.notify();
}

// Called by the one thread that is at the bell.
std::size_t WorkerProcess::take_messages() {
  const MemoryReserve::Use reserve;
  // Calls that wait here cost this process memory; those in the ring do not. But behind them may lie what another
  // thread waits for, so only an idle process leaves them there.
  constexpr std::size_t kBatch = 256;
  std::size_t taken = link_.receive(kBatch, [this](std::span<const std::byte> bytes) { handle(bytes); });
  taken += take_direct(kBatch);
  if (!heard_waits_.empty()) pass_on_waits();
  if (taken > 0) completion_.notify();
  return taken;
}

void WorkerProcess::handle(std::span<const std::byte> bytes) {
  MANTA_CHECK(incoming_.read(bytes, store_.capacity()), "the node sent a message that is none");
  switch (incoming_.header.type) {
    case MessageType::kReady:
    case MessageType::kFailed: return take_outcome(incoming_);
    case MessageType::kReply:
    case MessageType::kRefusal: return take_answer(incoming_);
    case MessageType::kLetGo: return let_go();
    case MessageType::kWaitsFor: return hear_wait(incoming_);
    case MessageType::kCancel: {
      {
        const std::lock_guard lock(cancelled_mutex_);
        cancelled_.insert(incoming_.header.call);
        any_cancelled_ = true;
      }
      return async_.cancel(incoming_.header.call);
    }
    default:
      if (handle_direct(incoming_)) return;
      served_.take_all();  // What was called before this was sent comes before it.
      calls_.push(bytes);
  }
}

bool WorkerProcess::is_running_call() { return RunningCall::number() != 0; }

bool WorkerProcess::is_call_cancelled() {
  completion_.poll();
  return is_cancelled(RunningCall::number());
}

bool WorkerProcess::is_cancelled(std::uint64_t call) {
  if (!any_cancelled_) return false;
  const std::lock_guard lock(cancelled_mutex_);
  return cancelled_.contains(call);
}

void WorkerProcess::run_call(const Message& message) {
  const std::uint64_t call = message.header.call;
  const RunningCall running(call);
  CallContext context{.arguments = {}, .allocator = store_, .actor = actor_};
  std::list<std::vector<Reference>> references;  // Of the values that have some; an empty one takes no memory.
  context.arguments.reserve(message.values.size());
  for (const MessageValue& value : message.values) {
    ValueView view{.bytes = value.inline_bytes};
    if (value.reference_count() > 0) view.references = &references.emplace_back(take_references(value, false));
    if (value.kind == MessageValue::Kind::kStored) {
      view.owner = store_.view(value.offset, value.size);
      view.bytes = view.owner->bytes();
    }
    if (view.references != nullptr)
      for (const Reference& reference : *view.references)
        if (const auto* block = std::get_if<BlockPtr>(&reference)) context.blocks.push_back(*block);
    context.arguments.push_back(std::move(view));
  }
  // How long tasks take decides how many of them are sent ahead.
  const bool is_task = message.header.type == MessageType::kRunTask;
  const TimePoint begin = is_task ? now() : TimePoint();
  if (is_cancelled(call)) {
    context.outcome = cancelled_error();
  } else if (message.header.type == MessageType::kCallMethod && !actor_) {
    // The node learns of it from the answer before this one, and tells the caller the cause.
    context.outcome = Error{ErrorCode::kActorDied, "the actor's constructor failed"};
  } else if (const FunctionEntry* function = find_function(message.header.function)) {
    // Over before the answer is sent: whoever has that finds the event in the ring.
    const TraceSpan span(trace_.get(),
                         {.kind = TraceEvent::Kind::kCall, .function = message.header.function, .call = call});
    const RunningName name(function->name);
    std::optional<CallTimer::Scope> timed;
    if (timer_.is_wanted()) timed.emplace(timer_, now(), message.header.function);
    run_into(context, [&] { function->invoke(context); });
    // What has been read needs them no more; the context has them, and whatever user code keeps.
    for (std::vector<Reference>& list : references)
      std::erase_if(list, [](const Reference& reference) { return std::holds_alternative<BlockPtr>(reference); });
    if (context.async && !begin_async(message.header.type, call, context)) return;
  } else {
    context.outcome = Error{ErrorCode::kInternal, "this process does not know the function"};
  }
  answer(call, context, is_task ? now() - begin : Duration::zero());
}

void WorkerProcess::answer(std::uint64_t call, CallContext& context, Duration took) {
  if (context.saver.save != nullptr) {
    saver_ = context.saver;
  } else {
    save_if_due(call);
  }
  // The blocks of arguments and result; what user code still has of them after the call, the node must keep.
  std::vector<BlockPtr> blocks = std::move(context.blocks);
  for (ValueView& argument : context.arguments)
    if (argument.owner) blocks.push_back(std::move(argument.owner));
  context.arguments.clear();
  MessageHeader header{.type = context.outcome ? MessageType::kResult : MessageType::kFailure,
                       .call = call,
                       .b = static_cast<std::uint64_t>(took.count())};
  if (DirectNumber::is(call) && answer_directly(context, blocks.empty(), header)) return forget_call(call);
  const std::size_t count = context.outcome ? 1 + context.more_values.size() : 0;
  const auto value = [&](std::size_t i) -> EncodedValue& {
    return i == 0 ? *context.outcome : context.more_values[i - 1];
  };
  std::vector<std::vector<WireReference>> names;  // Of all values, if one has some.
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Reference>& references = value(i).references;
    if (!references.empty()) names.resize(count);
    if (!references.empty()) names[i] = names_of(references);
    take_blocks(references, blocks);
    if (value(i).block) blocks.push_back(value(i).block);
  }
  // Each once, so that whoever else has it shows in the count.
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  link_.send([&](MessageBuilder& builder) {
    if (context.outcome) {
      builder.start(header);
    } else {
      build_failure(builder, header, context.outcome.error());
    }
    for (std::size_t i = 0; i < count; ++i) {
      builder.add(value(i), names.empty() ? std::span<const WireReference>() : names[i]);
      value(i).block.reset();  // `blocks` still has it.
    }
    for (const BlockPtr& block : blocks) give_block(builder, block, 1);
  });
  forget_call(call);
}

// The call is over: its number does not come again.
void WorkerProcess::forget_call(std::uint64_t call) {
  if (!any_cancelled_) return;
  const std::lock_guard lock(cancelled_mutex_);
  cancelled_.erase(call);
  any_cancelled_ = !cancelled_.empty();
}

// Moves the blocks among `references` to `blocks`.
void WorkerProcess::take_blocks(std::vector<Reference>& references, std::vector<BlockPtr>& blocks) {
  for (Reference& reference : references)
    if (auto* block = std::get_if<BlockPtr>(&reference)) blocks.push_back(std::move(*block));
}

// `keeps`: the node keeps the blocks among them until this process gives each back; else for the time of a call.
std::vector<Reference> WorkerProcess::take_references(const MessageValue& value, bool keeps) {
  std::vector<Reference> references;
  references.reserve(value.reference_count());
  for (std::size_t i = 0; i < value.reference_count(); ++i) {
    const WireReference name = value.reference(i);
    if (name.kind == WireReference::kActor) {
      references.emplace_back(import_actor(name.id.number));
    } else if (name.kind == WireReference::kBlock) {
      const auto& [offset, size] = name.id;
      references.emplace_back(keeps ? store_.view_held(offset, size) : store_.view(offset, size));
    } else {
      references.emplace_back(import_object(name.id));
    }
  }
  return references;
}

EncodedValue WorkerProcess::take_value(const MessageValue& value) {
  EncodedValue taken;
  taken.references = take_references(value, true);
  if (value.kind == MessageValue::Kind::kStored) {
    taken.block = store_.view_held(value.offset, value.size);
  } else {
    taken.inline_bytes.assign(value.inline_bytes.begin(), value.inline_bytes.end());
  }
  return taken;
}

}  // namespace manta
