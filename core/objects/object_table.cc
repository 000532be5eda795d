// SPDX-License-Identifier: Apache-2.0
#include "core/objects/object_table.h"

#include <algorithm>
#include <chrono>

#include "core/base/no_memory.h"

namespace manta {

void ObjectTable::add(const ObjectPtr& object, std::uint64_t bytes, const ObjectOrigin& origin) {
  if (bytes == 0) return;
  const TimePoint now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= forget_at_) forget_gone();
  // Where another object was that is gone, this one may be.
  // Without memory it is used, but not shown.
  static_cast<void>(with_memory("an entry", [&] {
    entries_.insert_or_assign(object.get(), Entry{.object = object, .bytes = bytes, .origin = origin, .made = now});
  }));
}

// Each look at all of them is paid for by as many objects that were added since.
void ObjectTable::forget_gone() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.object.expired(); });
  constexpr std::size_t kLeast = 64;
  forget_at_ = std::max(kLeast, 2 * entries_.size());
}

std::vector<ObjectTable::Row> ObjectTable::snapshot() const {
  std::vector<Row> rows;  // Outlives the lock: the end of an object that only a row still has may do anything.
  const std::lock_guard lock(mutex_);
  rows.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    if (ObjectPtr object = entry.object.lock())
      rows.push_back({.object = std::move(object), .bytes = entry.bytes, .origin = entry.origin, .made = entry.made});
  }
  return rows;
}

std::uint64_t stored_bytes(const EncodedValue& value) {
  std::uint64_t bytes = 0;
  for_each_block(value, [&](const BlockPtr& block) { bytes += block->size(); });
  return bytes;
}

}  // namespace manta
