// SPDX-License-Identifier: Apache-2.0
#include "core/base/copy_bytes.h"

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace manta {

#ifdef __SSE2__
namespace {

// From here on it is quicker on a Zen 3 (1.4 times at 16 to 100 MiB); half as quick at 4 MiB, which stay in its cache.
constexpr std::size_t kStreamed = std::size_t{8} << 20;
constexpr std::size_t kLine = 64;

// `to` is at the start of a line, `size` a multiple of it.
void copy_lines(std::byte* to, const std::byte* from, std::size_t size) {
  constexpr std::size_t kStep = sizeof(__m128i);
  for (std::size_t at = 0; at < size; at += kLine) {
    __m128i line[kLine / kStep];
    for (std::size_t i = 0; i < kLine / kStep; ++i)
      line[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at + i * kStep));
    for (std::size_t i = 0; i < kLine / kStep; ++i)
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + at + i * kStep), line[i]);
  }
  _mm_sfence();  // Other processes are told of the bytes by ordinary stores, which must come after.
}

}  // namespace

void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) {
  if (size < kStreamed) {
    if (size > 0) std::memcpy(to, from, size);
    return;
  }
  const std::size_t head = -reinterpret_cast<std::uintptr_t>(to) % kLine;
  const std::size_t lines = (size - head) / kLine * kLine;
  std::memcpy(to, from, head);
  copy_lines(to + head, from + head, lines);
  std::memcpy(to + head + lines, from + head + lines, size - head - lines);
}
#else
void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) {
  if (size > 0) std::memcpy(to, from, size);
}
#endif

}  // namespace manta
