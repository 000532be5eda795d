// SPDX-License-Identifier: Apache-2.0
#include "core/api/promise.h"

namespace manta::internal {

ObjectPtr new_promise() {
  if (const std::shared_ptr<Caller> caller = current_caller()) return caller->new_object();
  auto object = make_object();
  object->complete(no_runtime_error());
  return object;
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
