// SPDX-License-Identifier: Apache-2.0
// Objects of a worker that lie in the store: the worker lets go of them when the node needs room, and asks again.
#include <algorithm>
#include <utility>

#include "core/objects/movable_block.h"
#include "core/worker/named_object.h"
#include "core/worker/worker_process.h"

namespace manta {

// Lets the bytes be let go of while nobody reads them.
// Whether it has some.
bool WorkerProcess::make_movable(ObjectState::Outcome& outcome) {
  if (!outcome) return false;
  bool any = false;
  const auto wrap = [&](BlockPtr& block) {
    if (block && block->movable() == nullptr) block = std::make_shared<const MovableBlock>(std::move(block));
    any |= block != nullptr;
  };
  wrap(outcome->block);
  for (Reference& reference : outcome->references)
    if (auto* block = std::get_if<BlockPtr>(&reference)) wrap(*block);
  return any;
}

// let_go() is to find it.
void WorkerProcess::list_if(bool is_stored, const ObjectPtr& object) {
  if (!is_stored) return;
  const std::lock_guard lock(names_mutex_);
  list(object);
}

void WorkerProcess::put(const ObjectPtr& object, Result<EncodedValue> value) {
  const MemoryReserve::Use reserve;
  list_if(make_movable(value), object);
  object->complete(std::move(value));
}

Result<std::vector<BlockPtr>> WorkerProcess::hold(const ObjectPtr& object, TimePoint deadline) {
  const std::vector<BlockPtr> blocks = blocks_of(*object->outcome());
  std::vector<BlockPtr> held(blocks.size());
  for (;;) {
    std::vector<const MovableBlock*> away;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (!held[i]) held[i] = resident(blocks[i]);
      if (!held[i]) away.push_back(blocks[i]->movable());
    }
    if (away.empty()) return held;
    for (const MovableBlock* movable : away) movable->set_error({});  // There may be room now.
    watch(object->id());
    const auto has_come = [](const MovableBlock* movable) { return movable->peek() != nullptr || movable->error(); };
    const bool came = wait([&] { return std::all_of(away.begin(), away.end(), has_come); }, deadline);
    for (const MovableBlock* movable : away)
      if (auto error = movable->error()) return *error;
    if (!came) return Error{ErrorCode::kTimeout, "the object was not read back in time; it is still being read"};
  }
}

// The node has sent it again, with the same blocks in the same order.
void WorkerProcess::bring_back(NamedObject& object, ObjectState::Outcome outcome) {
  if (!object.outcome()) return;
  const std::vector<BlockPtr> blocks = blocks_of(*object.outcome());
  const std::vector<BlockPtr> sent = outcome ? blocks_of(*outcome) : std::vector<BlockPtr>(blocks.size());
  for (std::size_t i = 0; i < std::min(blocks.size(), sent.size()); ++i) {
    const MovableBlock* movable = blocks[i]->movable();
    if (movable == nullptr || movable->peek() != nullptr) continue;
    if (outcome) {
      movable->put_back(sent[i]);
    } else {
      movable->set_error(outcome.error());
    }
  }
}

// The node is told of what it does not know yet: it takes over what nobody reads here.
void WorkerProcess::let_go() {
  store_.let_go_of_rest();
  std::vector<std::shared_ptr<NamedObject>> objects;
  {
    const std::lock_guard lock(names_mutex_);
    for (const auto& [id, known] : objects_)
      if (std::shared_ptr<NamedObject> object = known.lock()) objects.push_back(std::move(object));
  }
  for (const auto& object : objects) {
    if (!object->is_ready() || !object->outcome()) continue;
    bool is_announced = false;
    for (const BlockPtr& block : blocks_of(*object->outcome())) {
      const MovableBlock* movable = block->movable();
      if (movable == nullptr || !movable->is_idle()) continue;
      if (!std::exchange(is_announced, true)) announce(object);
      const bool is_known = [&] {
        const BlockPtr there = movable->peek();
        return there && WorkerStore::is_given(*there);
      }();
      if (is_known) movable->take_if_idle();
    }
  }
}

}  // namespace manta
