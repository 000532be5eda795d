// SPDX-License-Identifier: Apache-2.0
#include "core/worker/worker_link.h"

#include <unistd.h>

namespace manta {

WorkerLink::WorkerLink(SharedMemory link, SharedMemory node_page)
    : link_(std::move(link)),
      node_page_(std::move(node_page)),
      bell_(layout_of<LinkLayout>(link_)->bell == 0
                ? layout_of<LinkLayout>(link_)->worker_bell
                : layout_of<NodePage>(node_page_)->bell(layout_of<LinkLayout>(link_)->bell)),
      node_bell_(layout_of<NodePage>(node_page_)->node_bell),
      arrivals_(layout_of<NodePage>(node_page_)->arrivals),
      arrival_flag_(layout_of<LinkLayout>(link_)->arrival_flag) {
  auto* layout = layout_of<LinkLayout>(link_);
  layout->worker_pid.store(::getpid());
  incoming_ = RingConsumer(&layout->to_worker, layout->to_worker_data(), LinkLayout::kRingBytes);
  outgoing_ = RingProducer(&layout->to_node, layout->to_node_data(), LinkLayout::kRingBytes);
}

void WorkerLink::push() {
  const std::span<const std::byte> message = builder_.bytes();
  if (message.size() <= outgoing_.max_message()) {
    push(message, {});
  } else {
    send_in_pieces(message, outgoing_.max_message(), [this](auto header, auto piece) { push(header, piece); });
  }
}

void WorkerLink::push(std::span<const std::byte> first, std::span<const std::byte> second) {
  while (!outgoing_.push(first, second)) {
    // The node rings this process when it has made room. It also looks at rings of its own accord, so a bell that rang
    // for another reason only costs another look.
    const std::uint32_t sequence = bell_.sequence();
    ring_node();
    if (outgoing_.push(first, second)) break;
    bell_.sleep(sequence, Doorbell::kCaller, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  }
  ring_node();
}

}  // namespace manta
