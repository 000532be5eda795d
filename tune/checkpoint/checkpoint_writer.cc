// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_writer.h"

#include <algorithm>

#include "core/base/crc32c.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta {

namespace {

using internal::store_number;

std::size_t table_size_of(const std::map<std::string, std::vector<std::byte>, std::less<>>& entries) {
  std::size_t size = 0;
  for (const auto& [name, bytes] : entries) size += 4 + name.size() + 8 + 4;
  return size;
}

// Copies a piece at a time and adds it to the sum while it is in the cache; returns the sum.
std::uint32_t copy_and_sum(std::span<const std::byte> bytes, std::byte* to) {
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::uint32_t sum = 0;
  for (std::size_t done = 0; done < bytes.size(); done += kPiece) {
    const std::span<const std::byte> piece = bytes.subspan(done, std::min(kPiece, bytes.size() - done));
    std::ranges::copy(piece, to + done);
    sum = crc32c(piece, sum);
  }
  return sum;
}

void write_head(std::span<std::byte> block, std::size_t count, std::size_t table_size) {
  std::memcpy(block.data(), internal::kBlockMagic.data(), internal::kBlockMagic.size());
  store_number(block.data() + 8, internal::kBlockVersion);
  store_number(block.data() + 12, static_cast<std::uint32_t>(count));
  store_number(block.data() + 16, static_cast<std::uint64_t>(table_size));
  const std::uint32_t head_sum = crc32c(block.first(internal::kBlockHeadSummed));
  store_number(block.data() + internal::kBlockHeadSummed,
               crc32c(block.subspan(internal::kBlockHeadSize, table_size), head_sum));
}

}  // namespace

void CheckpointWriter::write_bytes(std::string_view name, std::span<const std::byte> bytes) {
  entries_.insert_or_assign(std::string(name), std::vector<std::byte>(bytes.begin(), bytes.end()));
}

std::size_t CheckpointWriter::encoded_size() const {
  std::size_t size = internal::kBlockHeadSize + table_size_of(entries_);
  for (const auto& [name, bytes] : entries_) size = internal::align_entry(size) + bytes.size();
  return size;
}

std::vector<std::byte> CheckpointWriter::encode() const {
  std::vector<std::byte> block(encoded_size());
  encode(block);
  return block;
}

void CheckpointWriter::encode(std::span<std::byte> block) const {
  const std::size_t table_size = table_size_of(entries_);
  std::byte* row = block.data() + internal::kBlockHeadSize;
  std::size_t place = internal::kBlockHeadSize + table_size;
  for (const auto& [name, bytes] : entries_) {
    store_number(row, static_cast<std::uint32_t>(name.size()));
    row = std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), row + 4);
    store_number(row, static_cast<std::uint64_t>(bytes.size()));
    const std::size_t begin = internal::align_entry(place);
    std::ranges::fill(block.subspan(place, begin - place), std::byte{0});
    store_number(row + 8, copy_and_sum(bytes, block.data() + begin));
    row += 12;
    place = begin + bytes.size();
  }
  write_head(block, entries_.size(), table_size);
}

}  // namespace manta
