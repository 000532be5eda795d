// SPDX-License-Identifier: Apache-2.0
#include "core/worker/worker_link.h"

#include <unistd.h>

#include <utility>

namespace manta {
namespace {

// What changes nothing for others, or only what they learn from it alone.
bool is_private(MessageType type) {
  switch (type) {
    case MessageType::kResult:
    case MessageType::kFailure:
    case MessageType::kPut:
    case MessageType::kPromise:
    case MessageType::kBlocked:
    case MessageType::kUnblocked:
    case MessageType::kWatch:
    case MessageType::kDropObject:
    case MessageType::kLendChunk:
    case MessageType::kRelease:
    case MessageType::kDiscard:
    case MessageType::kOpenDirect:
    case MessageType::kDirectAnswer:
    case MessageType::kDirectClosed:
    case MessageType::kDirectResult:
    case MessageType::kDirectFailure:
    case MessageType::kDirectFence: return true;
    default: return false;
  }
}

}  // namespace

WorkerLink::WorkerLink(SharedMemory link, SharedMemory node_page, std::function<void()> pause_for_room)
    : link_(std::move(link)),
      node_page_(std::move(node_page)),
      layout_(*layout_of<LinkLayout>(link_)),
      bell_(layout_.bell == 0 ? layout_.worker_bell : layout_of<NodePage>(node_page_)->bell(layout_.bell)),
      node_bell_(layout_of<NodePage>(node_page_)->node_bell),
      arrivals_(layout_of<NodePage>(node_page_)->arrivals),
      arrival_flag_(layout_.arrival_flag),
      pause_for_room_(std::move(pause_for_room)) {
  layout_.worker_pid.store(::getpid());
  incoming_ = RingConsumer(&layout_.to_worker, layout_.to_worker_data(), LinkLayout::kRingBytes);
  outgoing_ = RingProducer(&layout_.to_node, layout_.to_node_data(), LinkLayout::kRingBytes);
}

void WorkerLink::push() {
  const std::span<const std::byte> message = builder_.bytes();
  if (message.size() <= outgoing_.max_message()) {
    push(message, {});
  } else {
    send_in_pieces(message, outgoing_.max_message(), [this](auto header, auto piece) { push(header, piece); });
  }
  if (!is_private(builder_.type())) noticed_until_.store(outgoing_.pushed());
}

void WorkerLink::push(std::span<const std::byte> first, std::span<const std::byte> second) {
  while (!outgoing_.push(first, second)) {
    // The node rings this process when it has made room. It also looks at rings of its own accord, so a bell that rang
    // for another reason only costs another look.
    const std::uint32_t sequence = bell_.sequence();
    ring_node();
    if (pause_for_room_) {
      pause_for_room_();
      continue;
    }
    if (outgoing_.push(first, second)) break;
    bell_.sleep(sequence, Doorbell::kCaller, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  }
  ring_node();
}

}  // namespace manta
