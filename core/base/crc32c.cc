// SPDX-License-Identifier: Apache-2.0
#include "core/base/crc32c.h"

#include <array>
#include <cstring>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

namespace manta {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Slicing by eight: table k advances a byte by k further bytes of zeros.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0u);
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t i = 0; i < 256; ++i) tables[k][i] = (tables[k - 1][i] >> 8) ^ tables[0][tables[k - 1][i] & 255];
  return tables;
}

constexpr Tables kTables = make_tables();

// Both ways to add bytes take and return the register as it is; crc32c() inverts it.
std::uint32_t add_by_table(std::span<const std::byte> bytes, std::uint32_t crc) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 255];
  }
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<std::uint32_t>(*at)) & 255];
  return crc;
}

#ifdef __x86_64__

// The processor's instruction takes a word per cycle and three cycles for each: three streams of so many bytes keep it
// busy. Their sums become one because the register is linear in what it began with: a stream behind another counts as
// if it began with zero, after as many zeros in the other's sum.
constexpr std::size_t kStream = 4096;

// What the register becomes by kStream zeros, for each of its bytes.
using ZeroTables = std::array<std::array<std::uint32_t, 256>, 4>;

ZeroTables make_zero_tables() {
  const std::array<std::byte, kStream> zeros{};
  ZeroTables tables{};
  for (std::size_t byte = 0; byte < tables.size(); ++byte) {
    for (std::uint32_t value = 1; value < 256; value *= 2) {
      const std::uint32_t image = add_by_table(zeros, value << (8 * byte));
      for (std::uint32_t lower = 0; lower < value; ++lower) tables[byte][value + lower] = tables[byte][lower] ^ image;
    }
  }
  return tables;
}

std::uint32_t add_zeros(std::uint32_t crc) {
  static const ZeroTables kZeroTables = make_zero_tables();
  return kZeroTables[0][crc & 255] ^ kZeroTables[1][(crc >> 8) & 255] ^ kZeroTables[2][(crc >> 16) & 255] ^
         kZeroTables[3][crc >> 24];
}

std::uint64_t word_at(const std::byte* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

[[gnu::target("sse4.2")]] std::uint32_t add_by_instruction(std::span<const std::byte> bytes, std::uint32_t start) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = start;
  for (; left >= 3 * kStream; at += 3 * kStream, left -= 3 * kStream) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kStream; i += 8) {
      crc = _mm_crc32_u64(crc, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + kStream + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * kStream + i));
    }
    const std::uint32_t two = add_zeros(static_cast<std::uint32_t>(crc)) ^ static_cast<std::uint32_t>(second);
    crc = add_zeros(two) ^ third;
  }
  for (; left >= 8; at += 8, left -= 8) crc = _mm_crc32_u64(crc, word_at(at));
  for (; left > 0; ++at, --left) crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), static_cast<std::uint8_t>(*at));
  return static_cast<std::uint32_t>(crc);
}

#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) {
#ifdef __x86_64__
  static const bool kHasInstruction = __builtin_cpu_supports("sse4.2");
  if (kHasInstruction) return ~add_by_instruction(bytes, ~previous);
#endif
  return ~add_by_table(bytes, ~previous);
}

}  // namespace manta
