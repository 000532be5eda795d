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

void write_head(std::vector<std::byte>& block, std::size_t count, std::size_t table_size) {
  std::memcpy(block.data(), internal::kBlockMagic.data(), internal::kBlockMagic.size());
  store_number(block.data() + 8, internal::kBlockVersion);
  store_number(block.data() + 12, static_cast<std::uint32_t>(count));
  store_number(block.data() + 16, static_cast<std::uint64_t>(table_size));
  const std::span<const std::byte> bytes(block);
  const std::uint32_t head_sum = crc32c(bytes.first(internal::kBlockHeadSummed));
  store_number(block.data() + internal::kBlockHeadSummed,
               crc32c(bytes.subspan(internal::kBlockHeadSize, table_size), head_sum));
}

}  // namespace

void CheckpointWriter::write_bytes(std::string_view name, std::span<const std::byte> bytes) {
  entries_.insert_or_assign(std::string(name), std::vector<std::byte>(bytes.begin(), bytes.end()));
}

std::vector<std::byte> CheckpointWriter::encode() const {
  const std::size_t table_size = table_size_of(entries_);
  std::size_t size = internal::kBlockHeadSize + table_size;
  for (const auto& [name, bytes] : entries_) size = internal::align_entry(size) + bytes.size();

  std::vector<std::byte> block(size);
  std::byte* row = block.data() + internal::kBlockHeadSize;
  std::size_t place = internal::kBlockHeadSize + table_size;
  for (const auto& [name, bytes] : entries_) {
    store_number(row, static_cast<std::uint32_t>(name.size()));
    row = std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), row + 4);
    store_number(row, static_cast<std::uint64_t>(bytes.size()));
    store_number(row + 8, crc32c(bytes));
    row += 12;
    place = internal::align_entry(place);
    std::copy(bytes.begin(), bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(place));
    place += bytes.size();
  }
  write_head(block, entries_.size(), table_size);
  return block;
}

}  // namespace manta
