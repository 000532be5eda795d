// SPDX-License-Identifier: Apache-2.0
// A worker's link, whose messages to the node a test reads.
#pragma once

#include <fcntl.h>

#include <memory>
#include <vector>

#include "core/net/message.h"
#include "core/shm/shared_memory.h"
#include "core/worker/worker_link.h"

namespace manta {

class WorkerEnd {
 public:
  /// Calls in a row that go by the node before the next ask for a pair.
  static constexpr std::uint32_t kDirectAfter = 3;

  WorkerEnd(const SharedMemory& page, std::uint32_t bell)
      : memory_(SharedMemory::create("link", LinkLayout::kTotalBytes).value()) {
    auto* layout = new (memory_.data()) LinkLayout;
    layout->bell = bell;
    layout->direct_after = kDirectAfter;
    sent_ = RingConsumer(&layout->to_node, layout->to_node_data(), LinkLayout::kRingBytes);
    link_ = std::make_unique<WorkerLink>(map_again(memory_, LinkLayout::kTotalBytes),
                                         map_again(page, NodePage::kTotalBytes));
  }

  WorkerLink& operator*() { return *link_; }

  /// The headers of what it has sent since.
  std::vector<MessageHeader> take() {
    std::vector<MessageHeader> all;
    for (auto bytes = sent_.front(); bytes; bytes = sent_.front()) {
      all.push_back(Message::parse(*bytes, 0).value().header);
      sent_.pop();
    }
    return all;
  }
  std::vector<MessageType> take_types() {
    std::vector<MessageType> types;
    for (const MessageHeader& header : take()) types.push_back(header.type);
    return types;
  }

 private:
  static SharedMemory map_again(const SharedMemory& memory, std::size_t size) {
    UniqueFd again(::fcntl(memory.fd(), F_DUPFD_CLOEXEC, 0));
    return SharedMemory::map(std::move(again), size, SharedMemory::Access::kReadWrite).value();
  }

  SharedMemory memory_;
  RingConsumer sent_;
  std::unique_ptr<WorkerLink> link_;
};

}  // namespace manta
