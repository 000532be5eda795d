// SPDX-License-Identifier: Apache-2.0
#include "core/node/object_holders.h"

#include <algorithm>
#include <string>

namespace manta {

ObjectHolders::ObjectHolders(const std::vector<ObjectTable::Row>& rows) {
  for (const ObjectTable::Row& row : rows) known_[row.object.get()].pointers = 1;  // The row's own.
  for (const ObjectTable::Row& row : rows) {
    if (!row.object->is_ready() || !row.object->outcome()) continue;
    for (const Reference& reference : row.object->outcome()->references) add(reference, "value", row.origin.label);
  }
}

void ObjectHolders::add(const ObjectState* object, ObjectHolder holder, long pointers) {
  const auto it = known_.find(object);
  if (it == known_.end()) return;
  it->second.pointers += pointers;
  std::vector<ObjectHolder>& holders = it->second.holders;
  const auto same = std::find_if(holders.begin(), holders.end(), [&](const ObjectHolder& other) {
    return other.kind == holder.kind && other.pid == holder.pid && other.name == holder.name;
  });
  if (same == holders.end()) {
    holders.push_back(std::move(holder));
  } else {
    same->count += holder.count;
  }
}

void ObjectHolders::add(const Reference& reference, std::string_view kind, std::string_view name) {
  if (const auto* object = std::get_if<ObjectPtr>(&reference))
    add(object->get(), {.kind = std::string(kind), .name = std::string(name), .count = 1}, 1);
}

void ObjectHolders::add_worker(int pid, std::string_view label, const ObjectPtr& object, std::uint64_t count) {
  add(object.get(), {.kind = "worker", .pid = pid, .name = std::string(label), .count = count}, 1);
}

void ObjectHolders::add_call(const Call& call) {
  for (const Call::Late& argument : call.late)
    add(argument.object.get(), {.kind = "argument", .name = std::string(call.name), .count = 1}, 1);
  for (const Reference& reference : call.references) add(reference, "argument", call.name);
}

std::vector<ObjectHolder> ObjectHolders::of(const ObjectPtr& object, int driver) const {
  const Known& known = known_.at(object.get());
  std::vector<ObjectHolder> holders = known.holders;
  const long rest = object.use_count() - known.pointers;
  if (rest > 0) holders.push_back({.kind = "driver", .pid = driver, .count = static_cast<std::uint64_t>(rest)});
  return holders;
}

}  // namespace manta
