// SPDX-License-Identifier: Apache-2.0
// Objects of a worker that lie in the store: the worker lets go of them when the node needs room, and asks again.
#include "core/objects/movable_block.h"
#include "core/worker/named_object.h"
#include "core/worker/worker_process.h"

namespace manta {

// Lets the bytes be let go of while nobody reads them.
void WorkerProcess::make_movable(ObjectState::Outcome& outcome) {
  if (outcome && outcome->block && outcome->block->movable() == nullptr)
    outcome->block = std::make_shared<const MovableBlock>(std::move(outcome->block));
}

void WorkerProcess::put(const ObjectPtr& object, Result<EncodedValue> value) {
  make_movable(value);
  object->complete(std::move(value));
}

Result<std::vector<BlockPtr>> WorkerProcess::hold(const ObjectPtr& object, TimePoint deadline) {
  const MovableBlock& movable = *object->outcome()->block->movable();
  for (;;) {
    if (BlockPtr there = movable.resident()) return std::vector<BlockPtr>{std::move(there)};
    movable.set_error({});  // There may be room now.
    watch(object->id());
    const bool came = wait([&] { return movable.peek() != nullptr || movable.error(); }, deadline);
    if (auto error = movable.error()) return *error;
    if (!came) return Error{ErrorCode::kTimeout, "the object was not read back in time; it is still being read"};
  }
}

// The node has sent it again.
void WorkerProcess::bring_back(NamedObject& object, ObjectState::Outcome outcome) {
  if (!object.outcome() || !object.outcome()->block) return;
  const MovableBlock* movable = object.outcome()->block->movable();
  if (movable == nullptr || movable->peek() != nullptr) return;
  if (outcome) {
    movable->put_back(std::move(outcome->block));
  } else {
    movable->set_error(std::move(outcome).error());
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
    if (!object->is_ready() || !object->outcome() || !object->outcome()->block) continue;
    const MovableBlock* movable = object->outcome()->block->movable();
    if (movable == nullptr || !movable->is_idle()) continue;
    announce(*object);
    if (WorkerStore::is_given(*movable->peek())) movable->take_if_idle();
  }
}

}  // namespace manta
