// SPDX-License-Identifier: Apache-2.0
// What the node knows of one worker process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/net/link.h"
#include "core/node/call.h"
#include "core/node/worker_memory.h"
#include "core/node/worker_output.h"
#include "core/placement/resource_ledger.h"

namespace manta {

/// A call that a worker has and has not answered.
struct CallInFlight {
  MessageType type = MessageType::kRunTask;
  std::string_view name;
  ObjectPtr result;
  std::vector<BlockPtr> pins;  ///< The blocks of its arguments.
};

/// Thread-safety: none; the node's mutex guards it.
struct WorkerRecord {
  WorkerRecord(std::uint64_t worker_id, SharedMemory link_pages, std::shared_ptr<Arena> arena, WorkerOutput out)
      : id(worker_id), link_memory(std::move(link_pages)), memory(std::move(arena)), output(std::move(out)) {
    auto* link = layout_of<LinkLayout>(link_memory);
    bell = &link->worker_bell;
    to_worker = RingProducer(&link->to_worker, link->to_worker_data(), LinkLayout::kRingBytes);
    from_worker = RingConsumer(&link->to_node, link->to_node_data(), LinkLayout::kRingBytes);
  }

  /// Sends `message` now, or once there is room.
  void send(std::span<const std::byte> message) {
    if (outbox.empty() && to_worker.push(message)) {
      bell->ring();
    } else {
      outbox.emplace_back(message.begin(), message.end());
    }
  }
  /// Sends what waits, as far as there is room.
  void flush() {
    bool sent = false;
    while (!outbox.empty() && to_worker.push(outbox.front())) {
      outbox.pop_front();
      sent = true;
    }
    if (sent) bell->ring();
  }

  const std::uint64_t id;
  SharedMemory link_memory;
  Doorbell* bell = nullptr;
  RingProducer to_worker;
  RingConsumer from_worker;
  std::deque<std::vector<std::byte>> outbox;

  WorkerMemory memory;
  WorkerOutput output;
  pid_t pid = 0;  ///< 0 until the fork server has started it.
  std::uint64_t actor = 0;  ///< The actor it hosts, or 0: it runs tasks.
  std::string devices;      ///< What it sees as CUDA_VISIBLE_DEVICES; fixed for its life.
  std::optional<Assignment> assignment;  ///< What it takes of the machine now.
  bool killed_by_us = false;
  std::unordered_map<std::uint64_t, CallInFlight> in_flight;
};

}  // namespace manta
