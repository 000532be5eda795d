// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_reader.h"

#include <cstring>

#include "core/base/crc32c.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta {

namespace {

using internal::load_number;

Error damaged(const std::string& what) { return {ErrorCode::kStorage, "checkpoint is damaged: " + what}; }

/// What stands before the entries, or behind them, and has been checked.
struct Table {
  std::uint32_t version = 0;
  std::uint32_t count = 0;
  std::span<const std::byte> rows;
  std::size_t entries_begin = 0;
  std::size_t entries_end = 0;
};

/// A row of the table.
struct Row {
  std::string name;
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// The table of a block whose head and table are whole.
Result<Table> find_table(std::span<const std::byte> bytes) {
  if (bytes.size() < internal::kBlockHeadSize) {
    return damaged("it has " + std::to_string(bytes.size()) + " bytes, less than its head");
  }
  if (std::memcmp(bytes.data(), internal::kBlockMagic.data(), internal::kBlockMagic.size()) != 0) {
    return damaged("it does not begin as a checkpoint does");
  }
  const auto version = load_number<std::uint32_t>(bytes.data() + 8);
  const auto place = load_number<std::uint64_t>(bytes.data() + 16);
  Table table{.version = version, .count = load_number<std::uint32_t>(bytes.data() + 12)};
  const std::size_t behind_head = bytes.size() - internal::kBlockHeadSize;
  if (version == 1) {
    if (place > behind_head) return damaged("it is cut short within its table");
    table.rows = bytes.subspan(internal::kBlockHeadSize, place);
    table.entries_begin = internal::kBlockHeadSize + place;
    table.entries_end = bytes.size();
  } else {
    if (place < internal::kBlockHeadSize || place > bytes.size()) return damaged("it is cut short before its table");
    table.rows = bytes.subspan(place);
    table.entries_begin = internal::kBlockHeadSize;
    table.entries_end = place;
  }
  const std::uint32_t sum = crc32c(table.rows, crc32c(bytes.first(internal::kBlockHeadSummed)));
  if (sum != load_number<std::uint32_t>(bytes.data() + internal::kBlockHeadSummed)) {
    return damaged("the sum of its table does not match");
  }
  if (version < 1 || version > internal::kBlockVersion) {
    return damaged("its format is version " + std::to_string(version) + ", and this program reads version " +
                   std::to_string(internal::kBlockVersion));
  }
  return table;
}

/// Takes the first row off the table; `end` is that of the entry before.
Result<Row> take_row(Table& table, std::size_t end) {
  const std::size_t numbers = table.version == 1 ? 12 : 16;
  if (table.rows.size() < 4) return damaged("its table is cut short");
  const std::size_t name_size = load_number<std::uint32_t>(table.rows.data());
  table.rows = table.rows.subspan(4);
  if (table.rows.size() < name_size || table.rows.size() - name_size < numbers)
    return damaged("its table is cut short");
  Row row;
  row.name.assign(reinterpret_cast<const char*>(table.rows.data()), name_size);
  const std::byte* const place = table.rows.data() + name_size;
  table.rows = table.rows.subspan(name_size + numbers);
  row.begin = table.version == 1 ? internal::align_entry(end) : load_number<std::uint64_t>(place);
  row.size = load_number<std::uint64_t>(table.version == 1 ? place : place + 8);
  if (row.begin < table.entries_begin || row.begin > table.entries_end || row.size > table.entries_end - row.begin)
    return damaged("entry \"" + row.name + "\" is cut short");
  return row;
}

}  // namespace

Result<CheckpointReader> CheckpointReader::decode(std::span<const std::byte> bytes) {
  MANTA_ASSIGN_OR_RETURN(Table table, find_table(bytes));
  std::size_t end = table.entries_begin;
  CheckpointReader reader;
  for (std::uint32_t index = 0; index < table.count; ++index) {
    MANTA_ASSIGN_OR_RETURN(Row row, take_row(table, end));
    end = row.begin + row.size;
    reader.entries_.insert_or_assign(std::move(row.name), bytes.subspan(row.begin, row.size));
  }
  if (!table.rows.empty() || (table.version == 1 && end != bytes.size()))
    return damaged("there are bytes behind its end");
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

void CheckpointReader::read_bytes(std::string_view name, std::span<std::byte> to) const {
  const std::span<const std::byte> bytes = read_bytes(name);
  if (bytes.size() != to.size())
    throw CheckpointError("checkpoint entry \"" + std::string(name) + "\" has " + std::to_string(bytes.size()) +
                          " bytes, not " + std::to_string(to.size()));
  copy_bytes(to.data(), bytes.data(), bytes.size());
}

}  // namespace manta
