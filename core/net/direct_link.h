// SPDX-License-Identifier: Apache-2.0
// The shared memory between two workers of which one calls the actor of the other without the node.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/net/link.h"

namespace manta {

/// The layout of a pair's memory, a slot of the node page's file; the two data areas follow it.
struct DirectLayout {
  static constexpr std::size_t kRingBytes = 128 * 1024;  ///< Of each; pages are used only as far as they fill.
  /// The largest message, so that some fit a ring.
  static constexpr std::size_t kMessageMax = 16 * 1024;

  std::uint32_t caller_bell =
      0;  ///< NodePage::bell(); written by the node before either end maps the slot, as the next.
  std::uint32_t callee_bell = 0;
  alignas(64) std::atomic<std::uint64_t> made{0};      ///< Calls; written by the caller. To be shown, not trusted.
  alignas(64) std::atomic<std::uint64_t> answered{0};  ///< By the callee, by whatever way; likewise.
  std::atomic<std::uint64_t> failed{0};                ///< Those of them whose answer was an error; likewise.
  RingHeader calls;
  RingHeader answers;

  static constexpr std::size_t kHeaderBytes = 4096;
  static constexpr std::size_t kTotalBytes = kHeaderBytes + 2 * kRingBytes;

  std::byte* calls_data() { return reinterpret_cast<std::byte*>(this) + kHeaderBytes; }
  std::byte* answers_data() { return calls_data() + kRingBytes; }
};
static_assert(sizeof(DirectLayout) <= DirectLayout::kHeaderBytes);

/// Where pairs have their memory: the file of the node page, behind the page, in slots that are used again.
struct DirectSlots {
  static constexpr std::uint32_t kCount = 256;
  static constexpr std::size_t kFileBytes = NodePage::kTotalBytes + kCount * DirectLayout::kTotalBytes;

  static constexpr std::size_t offset_of(std::uint32_t slot) {
    return NodePage::kTotalBytes + slot * DirectLayout::kTotalBytes;
  }
  /// Maps a slot of the page that `page` is the first mapping of.
  /// Errors: kSystem; kInternal: there is no such slot.
  static Result<SharedMemory> map(const SharedMemory& page, std::uint32_t slot);
};

/// The number under which a worker runs a call that came to it directly: it says from which pair. Those that the node
/// gives are smaller.
struct DirectNumber {
  static constexpr std::uint64_t kMark = std::uint64_t{1} << 63;
  static constexpr unsigned kKeyShift = 48;
  static constexpr std::uint64_t kCallMask = (std::uint64_t{1} << kKeyShift) - 1;
  static constexpr std::uint64_t kKeyMax = (std::uint64_t{1} << 15) - 1;

  static constexpr std::uint64_t of(std::uint64_t key, std::uint64_t call) { return kMark | key << kKeyShift | call; }
  static constexpr bool is(std::uint64_t number) { return (number & kMark) != 0; }
  /// Of the pair, among those of the callee.
  static constexpr std::uint64_t key(std::uint64_t number) { return (number & ~kMark) >> kKeyShift; }
  /// As the caller calls it.
  static constexpr std::uint64_t call(std::uint64_t number) { return number & kCallMask; }
};

}  // namespace manta
