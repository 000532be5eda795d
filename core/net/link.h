// SPDX-License-Identifier: Apache-2.0
// The shared memory between a node and one of its workers: a ring each way and the worker's doorbell.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

#include "core/base/result.h"
#include "core/net/task_claims.h"
#include "core/shm/doorbell.h"
#include "core/shm/ring.h"
#include "core/shm/shared_memory.h"

namespace manta {

/// The layout of a link's memory; the two data areas follow it.
struct LinkLayout {
  static constexpr std::size_t kRingBytes =
      512 * 1024;  ///< Of each direction; pages are used only as far as they fill.

  alignas(64) Doorbell worker_bell;
  std::atomic<std::int32_t> worker_pid{0};  ///< Written by the worker, first of all. To be shown, not trusted.
  TaskClaims claims;
  RingHeader to_worker;
  RingHeader to_node;

  static constexpr std::size_t kHeaderBytes = 4096;
  static constexpr std::size_t kTotalBytes = kHeaderBytes + 2 * kRingBytes;

  std::byte* to_worker_data() { return reinterpret_cast<std::byte*>(this) + kHeaderBytes; }
  std::byte* to_node_data() { return to_worker_data() + kRingBytes; }
};
static_assert(sizeof(LinkLayout) <= LinkLayout::kHeaderBytes);

/// The node's doorbell, in memory that all its workers map.
struct NodePage {
  alignas(64) Doorbell node_bell;
  static constexpr std::size_t kTotalBytes = 4096;
};

/// Zeroed shared memory is a valid T for these layouts.
template <class T>
T* layout_of(const SharedMemory& memory) {
  return std::launder(reinterpret_cast<T*>(memory.data()));
}

}  // namespace manta
