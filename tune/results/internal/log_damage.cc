// SPDX-License-Identifier: Apache-2.0
// The log's format is SQLite's "WAL file format", which stays as it is. Its numbers are big-endian.
#include "tune/results/internal/log_damage.h"

#include <array>
#include <cstddef>
#include <fstream>
#include <span>
#include <vector>

namespace manta::internal {

namespace {

constexpr std::uint32_t kMagic = 0x377f0682;  // With its lowest bit set, sums are over big-endian words.
constexpr std::size_t kHeadSize = 32;
constexpr std::size_t kFrameHeadSize = 24;

using Bytes = std::span<const unsigned char>;

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::uint32_t little_endian(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}

/// Each sum goes on from the one before.
class LogSum {
 public:
  explicit LogSum(bool is_big_endian) : word_(is_big_endian ? big_endian : little_endian) {}

  void add(Bytes bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += word_(bytes, at) + second_;
      second_ += word_(bytes, at + 4) + first_;
    }
  }
  bool equals(Bytes bytes, std::size_t at) const {
    return big_endian(bytes, at) == first_ && big_endian(bytes, at + 4) == second_;
  }

 private:
  std::uint32_t (*word_)(Bytes, std::size_t);
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

bool read(std::ifstream& file, std::span<unsigned char> bytes) {
  return static_cast<bool>(file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())));
}

}  // namespace

std::int64_t lost_transactions(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary);
  std::array<unsigned char, kHeadSize> head{};
  if (!file || !read(file, head)) return 0;
  LogSum sum((big_endian(head, 0) & 1) != 0);
  sum.add(Bytes(head).first(24));
  bool is_whole = (big_endian(head, 0) & ~1u) == kMagic && sum.equals(head, 24);
  if (!is_whole) return file.peek() == std::ifstream::traits_type::eof() ? 0 : 1;  // At least: nothing can be made of it.
  std::int64_t lost = 0;
  std::vector<unsigned char> frame(kFrameHeadSize + big_endian(head, 8));
  while (read(file, frame)) {
    const bool is_of_this_log = big_endian(frame, 8) == big_endian(head, 16) && big_endian(frame, 12) == big_endian(head, 20);
    if (!is_whole) {
      const bool is_commit = big_endian(frame, 4) != 0;
      lost += is_of_this_log && is_commit ? 1 : 0;  // Others are of a log that was there before.
      continue;
    }
    sum.add(Bytes(frame).first(8));
    sum.add(Bytes(frame).subspan(kFrameHeadSize));
    is_whole = is_of_this_log && sum.equals(frame, 16);
  }
  return lost;
}

}  // namespace manta::internal
