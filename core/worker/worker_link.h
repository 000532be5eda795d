// SPDX-License-Identifier: Apache-2.0
// A worker's end of the shared memory between it and its node.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "core/base/fork_guard.h"
#include "core/net/direct_link.h"
#include "core/net/link.h"
#include "core/net/message_pieces.h"

namespace manta {

/// Thread-safety: send() from any thread; the rest from one at a time.
class WorkerLink {
 public:
  /// `pause_for_room`: as Pace has it.
  WorkerLink(SharedMemory link, SharedMemory node_page, std::function<void()> pause_for_room = {});

  /// Sends what `build(MessageBuilder&)` builds; waits while the ring is full. `build` must not send, nor let go of a
  /// value.
  template <class Build>
  void send(Build&& build) {
    if (is_forked_copy()) return;  // Such as the end of a reference: only the parent may give it back.
    const std::lock_guard lock(mutex_);
    std::forward<Build>(build)(builder_);
    push();
  }
  void send(const MessageHeader& header) {
    send([&](MessageBuilder& builder) { builder.start(header); });
  }

  /// Whether the node has handled all that was sent so far and that it or others may notice: who learns by another way
  /// what this process has done since finds it done.
  bool is_heard() const { return layout_.to_node.head.load() >= noticed_until_.load(); }

  Doorbell& bell() { return bell_; }
  NodePage& node_page() { return *layout_of<NodePage>(node_page_); }
  /// As DirectSlots::map().
  Result<SharedMemory> map_slot(std::uint32_t slot) const { return DirectSlots::map(node_page_, slot); }
  LinkLayout& layout() { return layout_; }
  TaskClaims& claims() { return layout_.claims; }
  bool has_messages() const { return !incoming_.empty(); }
  /// Hands the oldest messages, at most `most`, to `take(bytes)`; how many there were.
  template <class Take>
  std::size_t receive(std::size_t most, Take&& take) {
    constexpr std::size_t kPerRelease = 32;  // Each release takes the cache line from the node.
    std::size_t count = 0;
    const auto release = [this] {
      if (incoming_.release()) ring_node();
    };
    while (count < most) {
      const auto bytes = incoming_.front();
      MANTA_CHECK(!incoming_.is_corrupt(), "the node's messages are damaged");
      if (!bytes) break;
      if (const auto message = assembler_.take(*bytes)) take(*message);
      incoming_.advance();
      if (++count % kPerRelease == 0) release();
    }
    if (count % kPerRelease != 0) release();
    return count;
  }

 private:
  void push();
  void push(std::span<const std::byte> first, std::span<const std::byte> second);
  // After something was put into the ring, or taken out of it.
  void ring_node() {
    arrivals_.set(arrival_flag_);
    node_bell_.ring();
  }

  SharedMemory link_;
  SharedMemory node_page_;
  LinkLayout& layout_;
  Doorbell& bell_;
  Doorbell& node_bell_;
  ArrivalFlags& arrivals_;
  const std::uint32_t arrival_flag_;
  const std::function<void()> pause_for_room_;  // Null: it sleeps.
  RingConsumer incoming_;
  MessageAssembler assembler_;

  std::mutex mutex_;  // Guards what follows.
  RingProducer outgoing_;
  MessageBuilder builder_;
  std::atomic<std::uint64_t> noticed_until_{0};  // Of outgoing_. Written with the mutex held.
};

}  // namespace manta
