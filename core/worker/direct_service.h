// SPDX-License-Identifier: Apache-2.0
// The calls that other workers make of this one's actor without the node.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/net/message.h"
#include "core/worker/message_queue.h"
#include "core/worker/worker_link.h"

namespace manta {

/// The callee's ends of pairs. A pair's calls are left where they are as long as the fence that they stand behind has
/// not come by way of the node; so they come after what their caller had sent by that way.
///
/// Thread-safety: answer() from any thread; the rest for the one thread that takes the process' messages.
class DirectService {
 public:
  /// Both must outlive it.
  DirectService(WorkerLink& link, MessageQueue& calls) : link_(link), calls_(calls) {}

  /// An offer of the node: the pair is there, or is refused because it cannot be mapped.
  void open(std::uint64_t key, std::uint32_t slot, std::uint64_t caller);
  void raise_fence(std::uint64_t key, std::uint64_t fence);
  /// The caller is no more; what it has sent is taken, and then the slot is left.
  void end(std::uint64_t key);

  bool has_calls() const;
  /// Puts at most `most` calls of each pair into the queue, under numbers of DirectNumber. How many.
  std::size_t take_calls(std::size_t most);
  /// All that have been sent before: what comes by the node now is to stand behind them.
  void take_all() {
    if (!pairs_.empty()) take_calls(kMostInRing);
  }

  /// Whose call it was, if the answer did not go.
  struct Caller {
    std::uint64_t worker = 0;
    std::uint64_t call = 0;
  };
  /// Answers call `number`, once. It does not go directly if it is large, has references, or finds no room, or if its
  /// caller is no more: the node is to carry it.
  std::optional<Caller> answer(std::uint64_t number, const Result<EncodedValue>& outcome, bool is_plain);

 private:
  static constexpr std::size_t kMostInRing = DirectLayout::kRingBytes / sizeof(MessageHeader);

  struct Pair {
    std::uint64_t key = 0;
    std::uint32_t slot = 0;
    std::uint64_t caller = 0;
    RingConsumer calls;
    std::uint64_t fence = 0;  // That has come.
    bool is_held = false;     // The next call is behind one that has not.
    bool is_damaged = false;
    bool has_ended = false;

    // Guarded by mutex_.
    SharedMemory memory;  // None: it was left.
    Doorbell* bell = nullptr;
    RingProducer answers;
    std::uint64_t running = 0;  // Calls that were taken and not answered.
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;
  };

  std::size_t take_calls_of(Pair& pair, std::size_t most);
  bool take_call(Pair& pair, std::span<const std::byte> shared);
  void leave(Pair& pair);
  void leave_ended();

  WorkerLink& link_;
  MessageQueue& calls_;
  std::vector<std::byte> copy_;  // Of the call that is being taken.
  Message incoming_;
  std::vector<std::shared_ptr<Pair>> pairs_;  // Those that have their memory.

  std::mutex mutex_;                                                 // Guards what follows.
  std::unordered_map<std::uint64_t, std::shared_ptr<Pair>> by_key_;  // Those, and those whose calls still run.
  MessageBuilder builder_;
};

}  // namespace manta
