// SPDX-License-Identifier: Apache-2.0
#include "core/worker/worker_process.h"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <typeinfo>

namespace manta {
namespace {

BlockAllocator* g_allocator = nullptr;  // The process has one store; make_array() must find it.

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

// To be called in a catch block.
std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type != nullptr ? demangle(type->name()) : "exception";
}

}  // namespace

BlockAllocator* WorkerProcess::current_allocator() { return g_allocator; }

WorkerProcess::WorkerProcess(SharedMemory link, SharedMemory node_page, SharedMemory store)
    : link_(std::move(link)),
      node_page_(std::move(node_page)),
      bell_(layout_of<LinkLayout>(link_)->worker_bell),
      node_bell_(layout_of<NodePage>(node_page_)->node_bell),
      thread_(std::this_thread::get_id()),
      store_(std::move(store), {.request = [this](std::size_t size) { return request_chunk(size); },
                                .discard = [this](std::uint64_t offset, std::size_t size) {
                                  note({.type = MessageType::kDiscard, .a = offset, .b = size});
                                },
                                .release = [this](std::uint64_t offset) {
                                  note({.type = MessageType::kRelease, .a = offset});
                                }}) {
  auto* layout = layout_of<LinkLayout>(link_);
  layout->worker_pid.store(::getpid());
  incoming_ = RingConsumer(&layout->to_worker, layout->to_worker_data(), LinkLayout::kRingBytes);
  outgoing_ = RingProducer(&layout->to_node, layout->to_node_data(), LinkLayout::kRingBytes);
  g_allocator = &store_;
}

void WorkerProcess::run() {
  bell_.enter();
  for (;;) {
    const std::vector<std::byte> bytes = next_message();
    const auto message = Message::parse(bytes, store_.capacity());
    MANTA_CHECK(message.has_value(), "the node sent a message that is none");
    if (message->header.type == MessageType::kStop) break;
    run_call(*message);
  }
  actor_.reset();
  std::cout.flush();
  std::fflush(nullptr);
  ::_exit(0);  // No exit handlers: they belong to the fork server, of which this process is a copy.
}

std::vector<std::byte> WorkerProcess::next_message() {
  if (backlog_.empty()) return receive();
  std::vector<std::byte> message = std::move(backlog_.front());
  backlog_.pop_front();
  return message;
}

// Waits for a message: looks for a while, then sleeps.
std::vector<std::byte> WorkerProcess::receive() {
  for (int spins = 0;;) {
    if (const auto bytes = incoming_.front()) {
      std::vector<std::byte> message(bytes->begin(), bytes->end());
      if (incoming_.pop()) node_bell_.ring();
      return message;
    }
    MANTA_CHECK(!incoming_.is_corrupt(), "the node's messages are damaged");
    if (++spins < spin_limit()) {
      cpu_relax();
      continue;
    }
    const std::uint32_t sequence = bell_.sequence();
    bell_.leave();
    if (incoming_.empty()) bell_.sleep(sequence, Doorbell::kService, TimePoint::max());
    bell_.enter();
    spins = 0;
  }
}

void WorkerProcess::run_call(const Message& message) {
  CallContext context{.arguments = {}, .allocator = store_, .actor = actor_};
  for (const MessageValue& value : message.values) {
    if (value.in_store) {
      BlockPtr block = store_.view(value.offset, value.size);
      const std::span<const std::byte> bytes = block->bytes();
      context.arguments.push_back({bytes, std::move(block)});
    } else {
      context.arguments.push_back({value.inline_bytes, nullptr});
    }
  }
  if (message.header.type == MessageType::kCallMethod && !actor_) {
    // The node learns of it from the answer before this one, and tells the caller the cause.
    context.outcome = Error{ErrorCode::kActorDied, "the actor's constructor failed"};
  } else if (const FunctionEntry* function = find_function(message.header.function)) {
    invoke(*function, context);
  } else {
    context.outcome = Error{ErrorCode::kInternal, "this process does not know the function"};
  }
  answer(message, context);
}

void WorkerProcess::invoke(const FunctionEntry& function, CallContext& context) {
  try {
    function.invoke(context);
    return;
  } catch (const std::exception& error) {
    context.outcome = Error{ErrorCode::kTaskFailed, current_exception_type() + ": " + error.what()};
  } catch (...) {
    context.outcome = Error{ErrorCode::kTaskFailed, current_exception_type()};
  }
}

void WorkerProcess::answer(const Message& message, CallContext& context) {
  // The blocks of arguments and result; what user code still has of them after the call, the node must keep.
  std::vector<BlockPtr> blocks;
  for (ValueView& argument : context.arguments)
    if (argument.owner) blocks.push_back(std::move(argument.owner));
  context.arguments.clear();
  const std::uint64_t call = message.header.call;
  {
    const std::lock_guard lock(send_mutex_);
    if (context.outcome) {
      builder_.start({.type = MessageType::kResult, .call = call});
      builder_.add(*context.outcome);
      if (context.outcome->block) {
        WorkerStore::give(context.outcome->block);
        const bool is_argument = std::find(blocks.begin(), blocks.end(), context.outcome->block) != blocks.end();
        if (!is_argument) blocks.push_back(context.outcome->block);
        context.outcome->block.reset();
      }
    } else {
      build_failure(builder_, call, context.outcome.error());
    }
    for (const BlockPtr& block : blocks)
      if (WorkerStore::hold_if_used(block, 1)) builder_.add_offset(block->offset());
    send(builder_);
  }
}

void WorkerProcess::send(const MessageBuilder& builder) {
  while (!outgoing_.push(builder.bytes())) {
    // The node rings this process when it has made room. It also looks at rings of its own accord, so a bell that rang
    // for another reason only costs another look.
    const std::uint32_t sequence = bell_.sequence();
    node_bell_.ring();
    if (outgoing_.push(builder.bytes())) break;
    bell_.sleep(sequence, Doorbell::kService, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  }
  node_bell_.ring();
}

void WorkerProcess::note(const MessageHeader& header) {
  const std::lock_guard lock(send_mutex_);
  builder_.start(header);
  send(builder_);
}

Result<WorkerStore::Range> WorkerProcess::request_chunk(std::size_t size) {
  if (std::this_thread::get_id() != thread_)
    return Error{ErrorCode::kFailedPrecondition, "large arrays are made on the thread that runs the call"};
  note({.type = MessageType::kChunkRequest, .b = size});
  for (;;) {
    std::vector<std::byte> bytes = receive();
    const auto message = Message::parse(bytes, store_.capacity());
    MANTA_CHECK(message.has_value(), "the node sent a message that is none");
    if (message->header.type == MessageType::kChunkGranted)
      return WorkerStore::Range{message->header.a, message->header.b};
    if (message->header.type == MessageType::kChunkRefused) return Error{ErrorCode::kExhausted, message->text()};
    backlog_.push_back(std::move(bytes));
  }
}

}  // namespace manta
