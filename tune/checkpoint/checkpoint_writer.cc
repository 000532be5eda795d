// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/copy_bytes.h"
#include "core/base/crc32c.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta {

namespace {

using internal::store_number;

class HeapRoom final : public CheckpointRoom {
 public:
  explicit HeapRoom(std::size_t size) : bytes_(size) {}
  std::span<std::byte> bytes() override { return bytes_; }
  SharedArray<std::byte> seal(std::size_t size) override {
    bytes_.resize(size);
    return SharedArray<std::byte>(std::move(bytes_));
  }

 private:
  std::vector<std::byte> bytes_;
};

// So that a table rarely needs more room than the entries had.
constexpr std::size_t kTableRoom = 256;

}  // namespace

// A block that grows doubles, so each byte is copied once or twice.
void CheckpointWriter::reserve(std::size_t size) {
  const std::size_t have = room_ ? room_->bytes().size() : 0;
  if (size <= have) return;
  const std::size_t want = std::max({size + kTableRoom, 2 * have, expected_});
  std::unique_ptr<CheckpointRoom> larger = make_room_ ? make_room_(want) : nullptr;
  if (!larger) {
    make_room_ = nullptr;
    larger = std::make_unique<HeapRoom>(want);
  }
  if (room_) copy_to(larger->bytes().data());
  room_ = std::move(larger);
}

void CheckpointWriter::copy_to(std::byte* to) const { copy_bytes(to, room_->bytes().data(), size_); }

void CheckpointWriter::write_bytes(std::string_view name, std::span<const std::byte> bytes) {
  const std::size_t written = std::max(size_, internal::kBlockHeadSize);
  const std::size_t begin = internal::align_entry(written);
  reserve(begin + bytes.size());
  std::byte* const block = room_->bytes().data();
  std::fill(block + written, block + begin, std::byte{0});
  copy_bytes(block + begin, bytes.data(), bytes.size());
  size_ = begin + bytes.size();
  entries_.insert_or_assign(std::string(name), Entry{begin, bytes.size()});
}

std::size_t CheckpointWriter::table_size() const {
  std::size_t size = 0;
  for (const auto& [name, entry] : entries_) size += 4 + name.size() + 8 + 8;
  return size;
}

// Of a block that has the entries.
void CheckpointWriter::write_table(std::span<std::byte> block) const {
  const std::size_t begin = block.size() - table_size();
  std::byte* row = block.data() + begin;
  for (const auto& [name, entry] : entries_) {
    store_number(row, static_cast<std::uint32_t>(name.size()));
    row = std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), row + 4);
    store_number(row, static_cast<std::uint64_t>(entry.begin));
    store_number(row + 8, static_cast<std::uint64_t>(entry.size));
    row += 16;
  }
  std::memcpy(block.data(), internal::kBlockMagic.data(), internal::kBlockMagic.size());
  store_number(block.data() + 8, internal::kBlockVersion);
  store_number(block.data() + 12, static_cast<std::uint32_t>(entries_.size()));
  store_number(block.data() + 16, static_cast<std::uint64_t>(begin));
  store_number(block.data() + internal::kBlockHeadSummed,
               crc32c(block.subspan(begin), crc32c(block.first(internal::kBlockHeadSummed))));
}

std::vector<std::byte> CheckpointWriter::encode() const {
  std::vector<std::byte> block(std::max(size_, internal::kBlockHeadSize) + table_size());
  if (room_) copy_to(block.data());
  write_table(block);
  return block;
}

SharedArray<std::byte> CheckpointWriter::finish() {
  const std::size_t size = std::max(size_, internal::kBlockHeadSize) + table_size();
  reserve(size);
  // What is kept for long does not keep much more than it needs.
  if (room_->bytes().size() - size > size / 4 + kTableRoom) {
    expected_ = 0;
    if (auto exact = make_room_ ? make_room_(size) : std::make_unique<HeapRoom>(size)) {
      copy_to(exact->bytes().data());
      room_ = std::move(exact);
    }
  }
  write_table(room_->bytes().first(size));
  entries_.clear();
  size_ = 0;
  return std::exchange(room_, nullptr)->seal(size);
}

}  // namespace manta
