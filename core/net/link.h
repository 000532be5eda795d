// SPDX-License-Identifier: Apache-2.0
// The shared memory between a node and one of its workers: a ring each way and the worker's doorbell.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
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
  static constexpr std::size_t kTraceBytes = 1024 * 1024;  ///< Of the worker's events.

  alignas(64) Doorbell worker_bell;
  std::atomic<std::int32_t> worker_pid{0};  ///< Written by the worker, first of all. To be shown, not trusted.
  std::uint32_t arrival_flag = 0;           ///< Of ArrivalFlags; written by the node before there is a worker.
  std::uint32_t bell = 0;                   ///< Of NodePage, from 1; 0: it is worker_bell. Written likewise.
  std::uint32_t direct_after = 0;           ///< How many calls of an actor in a row go by the node before it is called
                                            ///< directly; 0: all. Written likewise.
  TaskClaims claims;
  RingHeader to_worker;
  RingHeader to_node;
  std::atomic<bool> is_traced{false};        ///< Set before the worker starts: it is to write TraceEvents.
  std::atomic<std::uint64_t> trace_lost{0};  ///< Events that found no room.
  RingHeader trace;
  /// Set by the node before there is an actor: its calls have a timeout, and the worker says of the oldest that runs
  /// since when it does, in nanoseconds of the clock, 0: none runs; and which function it is. Not trusted.
  std::atomic<bool> is_timed{false};
  std::atomic<std::int64_t> running_since{0};
  std::atomic<std::uint64_t> running_function{0};

  static constexpr std::size_t kHeaderBytes = 4096;
  static constexpr std::size_t kTotalBytes = kHeaderBytes + 2 * kRingBytes + kTraceBytes;

  std::byte* to_worker_data() { return reinterpret_cast<std::byte*>(this) + kHeaderBytes; }
  std::byte* to_node_data() { return to_worker_data() + kRingBytes; }
  std::byte* trace_data() { return to_node_data() + kRingBytes; }
};
static_assert(sizeof(LinkLayout) <= LinkLayout::kHeaderBytes);

/// A flag of each worker, which it sets after it has sent something, so that the node need not look at all rings. The
/// receiver clears a flag first and looks at the ring second, the sender sends first and looks at the flag second: one
/// of the two sees the other.
struct ArrivalFlags {
  static constexpr std::size_t kCount = 4096;
  std::array<std::atomic<std::uint64_t>, kCount / 64> words{};

  void set(std::uint32_t flag) {
    std::atomic<std::uint64_t>& word = words[flag / 64 % words.size()];
    const std::uint64_t bit = std::uint64_t{1} << (flag % 64);
    if ((word.load() & bit) == 0) word.fetch_or(bit);
  }
};

/// The node's doorbell and what lies beside it, in memory that all its workers map. Doorbells of workers that others
/// than the node may ring follow it. Any of them may write anything here: it only hints at what lies in rings, and the
/// node sees to it that nobody sleeps beside that (node_bells.cc).
struct NodePage {
  static constexpr std::uint32_t kBells = 4096;
  static constexpr std::size_t kHeaderBytes = 4096;
  static constexpr std::size_t kBellBytes = 64;
  static constexpr std::size_t kTotalBytes = kHeaderBytes + kBells * kBellBytes;

  alignas(64) Doorbell node_bell;
  alignas(64) ArrivalFlags arrivals;

  /// `index` from 1 to kBells; another one means the first.
  Doorbell& bell(std::uint32_t index) {
    const std::size_t place = index >= 1 && index <= kBells ? index - 1 : 0;
    return *std::launder(
        reinterpret_cast<Doorbell*>(reinterpret_cast<std::byte*>(this) + kHeaderBytes + place * kBellBytes));
  }
};
static_assert(sizeof(NodePage) <= NodePage::kHeaderBytes && sizeof(Doorbell) <= NodePage::kBellBytes);

/// Zeroed shared memory is a valid T for these layouts.
template <class T>
T* layout_of(const SharedMemory& memory) {
  return std::launder(reinterpret_cast<T*>(memory.data()));
}

}  // namespace manta
