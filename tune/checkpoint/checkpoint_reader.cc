// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_reader.h"

#include <algorithm>
#include <cstring>

#include "core/base/crc32c.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta {

namespace {

using internal::load_number;

Error damaged(const std::string& what) { return {ErrorCode::kStorage, "checkpoint is damaged: " + what}; }

/// A row of the table.
struct Row {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t sum = 0;
};

/// Takes the first row off `table`.
Result<Row> take_row(std::span<const std::byte>& table) {
  if (table.size() < 4) return damaged("its table is cut short");
  const std::size_t name_size = load_number<std::uint32_t>(table.data());
  table = table.subspan(4);
  if (table.size() < name_size || table.size() - name_size < 12) return damaged("its table is cut short");
  Row row;
  row.name.assign(reinterpret_cast<const char*>(table.data()), name_size);
  row.size = load_number<std::uint64_t>(table.data() + name_size);
  row.sum = load_number<std::uint32_t>(table.data() + name_size + 8);
  table = table.subspan(name_size + 12);
  return row;
}

/// The table of a block whose head and table are whole.
Result<std::span<const std::byte>> find_table(std::span<const std::byte> bytes) {
  if (bytes.size() < internal::kBlockHeadSize) {
    return damaged("it has " + std::to_string(bytes.size()) + " bytes, less than its head");
  }
  if (std::memcmp(bytes.data(), internal::kBlockMagic.data(), internal::kBlockMagic.size()) != 0) {
    return damaged("it does not begin as a checkpoint does");
  }
  const auto table_size = load_number<std::uint64_t>(bytes.data() + 16);
  if (table_size > bytes.size() - internal::kBlockHeadSize) return damaged("it is cut short within its table");
  const std::span<const std::byte> table = bytes.subspan(internal::kBlockHeadSize, table_size);
  const std::uint32_t sum = crc32c(table, crc32c(bytes.first(internal::kBlockHeadSummed)));
  if (sum != load_number<std::uint32_t>(bytes.data() + internal::kBlockHeadSummed)) {
    return damaged("the sum of its table does not match");
  }
  const auto version = load_number<std::uint32_t>(bytes.data() + 8);
  if (version != internal::kBlockVersion) {
    return damaged("its format is version " + std::to_string(version) + ", and this program reads version " +
                   std::to_string(internal::kBlockVersion));
  }
  return table;
}

}  // namespace

Result<CheckpointReader> CheckpointReader::decode(std::span<const std::byte> bytes) {
  MANTA_ASSIGN_OR_RETURN(std::span<const std::byte> table, find_table(bytes));
  const auto count = load_number<std::uint32_t>(bytes.data() + 12);
  std::size_t place = internal::kBlockHeadSize + table.size();
  CheckpointReader reader;
  for (std::uint32_t index = 0; index < count; ++index) {
    MANTA_ASSIGN_OR_RETURN(Row row, take_row(table));
    const std::size_t begin = internal::align_entry(place);
    if (begin > bytes.size() || row.size > bytes.size() - begin) {
      return damaged("entry \"" + row.name + "\" is cut short");
    }
    const std::span<const std::byte> padding = bytes.subspan(place, begin - place);
    const std::span<const std::byte> entry = bytes.subspan(begin, row.size);
    if (std::any_of(padding.begin(), padding.end(), [](std::byte byte) { return byte != std::byte{0}; }) ||
        crc32c(entry) != row.sum) {
      return damaged("the sum of entry \"" + row.name + "\" does not match");
    }
    place = begin + row.size;
    reader.entries_.insert_or_assign(std::move(row.name), entry);
  }
  if (!table.empty() || place != bytes.size()) return damaged("there are bytes behind its end");
  return reader;
}

std::span<const std::byte> CheckpointReader::read_bytes(std::string_view name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) {
    std::string names;
    for (const auto& [known, bytes] : entries_) names += (names.empty() ? "\"" : ", \"") + known + "\"";
    throw CheckpointError("checkpoint has no entry \"" + std::string(name) + "\"; it has " +
                          (names.empty() ? "none" : names));
  }
  return entry->second;
}

}  // namespace manta
