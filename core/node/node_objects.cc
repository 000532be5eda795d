// SPDX-License-Identifier: Apache-2.0
// The objects in the store: who made them, who keeps them.
#include <unistd.h>

#include <algorithm>

#include "core/node/node.h"
#include "core/node/object_holders.h"

namespace manta {

void Node::put(const ObjectPtr& object, Result<EncodedValue> value) {
  const MemoryReserve::Use reserve;
  if (value) keep(object, *value, {.process = ids_.self()});
  object->complete(std::move(value));
}

int Node::pid_of(std::uint64_t process) const {
  if (process == ids_.self()) return ::getpid();
  const auto worker = workers_.find(process);
  return worker == workers_.end() ? 0 : worker->second->shown_pid();
}

void Node::add_objects(RuntimeStatus& status) {
  std::vector<ObjectTable::Row> rows = objects_.snapshot();
  status.object_count = rows.size();
  const ObjectStore::Usage usage = store_->usage();
  status.store_bytes_in_use = usage.used - std::min(usage.used, usage.idle);
  status.store_bytes_spilled = usage.spilled;
  status.store_waiting = usage.waiting;
  ObjectHolders holders(rows);
  for (const auto& [id, worker] : workers_) {
    worker->references.for_each_object([&, record = worker.get()](const ObjectPtr& object, std::uint64_t count) {
      holders.add_worker(record->shown_pid(), record->output.label(), object, count);
    });
    worker->in_flight.for_each([&](const Call& call) { holders.add_call(call); });
  }
  for (const Call& task : tasks_) holders.add_call(task);
  for (const auto& [id, actor] : actors_)
    for (const Call& call : actor.queue) holders.add_call(call);

  constexpr std::size_t kMost = 1000;  // It has to fit a message, and a screen.
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  const TimePoint now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    const ObjectTable::Row& row = rows[i];
    const ObjectId& id = row.object->id();
    bool is_in_memory = true;
    TimePoint used = row.made;
    const bool has_value = row.object->is_ready() && row.object->outcome();
    for (const BlockPtr& block : has_value ? blocks_of(*row.object->outcome()) : std::vector<BlockPtr>()) {
      const MovableBlock* movable = block->movable();
      if (movable == nullptr) continue;
      used = std::max(used, movable->last_used());
      is_in_memory &= movable->peek() != nullptr;
    }
    status.objects.push_back({.process = id.process,
                              .number = id.number,
                              .bytes = row.bytes,
                              .label = std::string(row.origin.label),
                              .owner_pid = pid_of(row.origin.process),
                              .age_seconds = std::chrono::duration<double>(now - row.made).count(),
                              .unused_seconds = std::chrono::duration<double>(now - used).count(),
                              .is_in_memory = is_in_memory,
                              .holders = holders.of(row.object, ::getpid())});
  }
}

}  // namespace manta
