// SPDX-License-Identifier: Apache-2.0
#include "core/api/promise.h"

namespace manta::internal {

ObjectPtr new_promise() {
  const MemoryReserve::Use reserve;
  const std::shared_ptr<Caller> caller = current_caller();
  if (caller && MemoryReserve::is_whole()) return caller->new_promise();
  ObjectPtr object;
  fail_objects(std::span(&object, 1), caller.get(), caller ? no_memory_error("a promise") : no_runtime_error());
  return object;
}

void drop_promise(const ObjectPtr& object) {
  const MemoryReserve::Use reserve;
  keep_promise(object, dropped_promise_error());
}

void keep_promise(const ObjectPtr& object, ObjectState::Outcome outcome) {
  if (object->is_ready()) return;
  if (const std::shared_ptr<Caller> caller = current_caller()) {
    caller->fulfil(object, std::move(outcome));
  } else {
    object->complete(std::move(outcome));
  }
}

}  // namespace manta::internal
