// SPDX-License-Identifier: Apache-2.0
// Calls from worker to worker: what the node says of them, and what they bring.
#include <algorithm>
#include <utility>

#include "core/net/function_table.h"
#include "core/net/lost_call.h"
#include "core/net/sent_error.h"
#include "core/worker/named_object.h"
#include "core/worker/worker_process.h"

namespace manta {

// False: the message is not about them.
bool WorkerProcess::handle_direct(const Message& message) {
  const MessageHeader& header = message.header;
  switch (header.type) {
    case MessageType::kDirectOffer:
      served_.open(header.a, static_cast<std::uint32_t>(header.b), header.call);
      return true;
    case MessageType::kDirectFence: served_.raise_fence(header.a, header.b); return true;
    case MessageType::kDirectEnded: served_.end(header.a); return true;
    case MessageType::kDirectOpened: direct_.open(header.a, static_cast<std::uint32_t>(header.b)); return true;
    case MessageType::kDirectRefused: direct_.refuse(header.a); return true;
    case MessageType::kDirectByNode: take_by_node(header); return true;
    case MessageType::kDirectLost: take_loss(message); return true;
    default: return false;
  }
}

// At most `most` calls of each pair, and as many answers. How many.
std::size_t WorkerProcess::take_direct(std::size_t most) {
  std::size_t taken = served_.take_calls(most);
  if (direct_.is_on()) taken += direct_.take_answers(most, settled_);
  if (settled_.empty()) return taken;
  settle(settled_);
  direct_.release_answers();
  return taken;
}

void WorkerProcess::settle(std::vector<DirectCalls::Settled>& settled) {
  for (DirectCalls::Settled& one : settled) one.result->complete(std::move(one.outcome));
  // Who makes one known from here on finds that it is ready.
  std::vector<ObjectPtr> awaited;
  {
    const std::lock_guard lock(names_mutex_);
    for (const DirectCalls::Settled& one : settled)
      if (std::exchange(static_cast<NamedObject&>(*one.result).is_awaited_, false)) awaited.push_back(one.result);
  }
  for (const ObjectPtr& object : awaited) send_outcome(MessageType::kFulfil, static_cast<NamedObject&>(*object));
  settled.clear();
}

// The node knows the object from here on, and sends its outcome.
void WorkerProcess::take_by_node(const MessageHeader& header) {
  const ObjectPtr object = direct_.take(header.call);
  if (!object) return link_.send({.type = MessageType::kDropObject, .call = header.call, .a = id_, .b = 1});
  auto& named = static_cast<NamedObject&>(*object);
  const std::lock_guard lock(names_mutex_);
  named.count_ = std::max<std::uint64_t>(named.count_, 1);
  named.is_awaited_ = false;
  list(object);
}

// An actor that is called directly is dead.
void WorkerProcess::take_loss(const Message& message) {
  const Error death = sent_error(message.header.function, message);
  const std::string caller(message.values.size() > 1 ? message.values[1].text() : std::string_view());
  std::vector<DirectCalls::Settled> settled;
  direct_.lose(message.header.a, settled, [&](std::uint64_t function) {
    const FunctionEntry* entry = find_function(function);
    return lost_call_error(death, {.name = entry != nullptr ? entry->name : std::string_view()}, caller);
  });
  settle(settled);
  direct_.close(message.header.a);
}

// False: the answer is to go by the node, with what `header` says then.
bool WorkerProcess::answer_directly(const CallContext& context, bool is_plain, MessageHeader& header) {
  if (context.outcome)
    is_plain =
        is_plain && context.more_values.empty() && !context.outcome->block && context.outcome->references.empty();
  // What the call has done by way of the node is to be done when its caller has the answer.
  const auto caller = served_.answer(header.call, context.outcome, is_plain && link_.is_heard());
  if (!caller) return true;
  header.type = context.outcome ? MessageType::kDirectResult : MessageType::kDirectFailure;
  header.call = caller->call;
  header.a = caller->worker;
  return false;
}

}  // namespace manta
