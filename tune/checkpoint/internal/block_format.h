// SPDX-License-Identifier: Apache-2.0
// The block that CheckpointWriter makes and CheckpointReader reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

// Block (numbers little-endian):
//   head     8 bytes "MANTACPB", u32 version, u32 number of entries, u64 where the table begins, u32 CRC-32C of head
//   and
//            table
//   entries  in the order in which they were written, each at a multiple of kEntryAlignment from the block's begin
//   table    up to the block's end; per entry, by rising name: u32 size of the name, the name, u64 where the entry
//            begins, u64 its size
// What a file holds is summed as a whole (checkpoint_store.cc): a state that moves in memory is not read for it.
//
// Version 1, which is still read, has the size of the table where version 2 has its place, the table behind the head,
// per entry a u32 CRC-32C instead of its place, and the entries, by rising name, behind the table.
namespace manta::internal {

inline constexpr std::array<char, 8> kBlockMagic = {'M', 'A', 'N', 'T', 'A', 'C', 'P', 'B'};
inline constexpr std::uint32_t kBlockVersion = 2;
inline constexpr std::size_t kBlockHeadSize = 8 + 4 + 4 + 8 + 4;
/// Of the head: all that its sum covers, which is all but the sum.
inline constexpr std::size_t kBlockHeadSummed = kBlockHeadSize - 4;
/// So that an entry of doubles, or of a vector register's width, may be used where it lies.
inline constexpr std::size_t kEntryAlignment = 64;

constexpr std::size_t align_entry(std::size_t offset) {
  return (offset + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}

/// Writes numbers into bytes that are known to have the room.
template <class T>
void store_number(std::byte* place, T number) {
  static_assert(std::is_arithmetic_v<T>);
  std::memcpy(place, &number, sizeof number);
}

template <class T>
T load_number(const std::byte* place) {
  static_assert(std::is_arithmetic_v<T>);
  T number;
  std::memcpy(&number, place, sizeof number);
  return number;
}

}  // namespace manta::internal
