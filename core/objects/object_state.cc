// SPDX-License-Identifier: Apache-2.0
#include "core/objects/object_state.h"

#include <cstdio>
#include <mutex>
#include <string>

#include "core/base/fork_guard.h"
#include "core/base/no_memory.h"

namespace manta {
namespace {

// Objects end anywhere; whom to tell is of the process, as standard error is.
struct Listener {
  std::mutex mutex;
  std::shared_ptr<const ObjectState::OnUnseenError> callback;
};

Listener& listener() {
  static auto* instance = new Listener;  // Objects may end after the program's static ones.
  return *instance;
}

}  // namespace

// Code of users, too, on a thread that has more to do.
void ObjectState::Callbacks::call(const std::function<void()>& callback) {
  const MemoryReserve::Pause pause;
  try {
    callback();
  } catch (const std::bad_alloc&) {
    std::fputs("manta: a callback of an object ended early, as there was no memory for it (bad_alloc)\n", stderr);
  }
}

const ObjectPtr& no_memory_object() {
  static const ObjectPtr instance = [] {
    const MemoryReserve::Use reserve;
    auto object = std::make_shared<ObjectState>();
    object->complete(no_memory_error("the result"));
    return object;
  }();
  return instance;
}

void ObjectState::on_unseen_error(std::shared_ptr<const OnUnseenError> callback) {
  const std::lock_guard lock(listener().mutex);
  listener().callback.swap(callback);
}

// That an actor has died its owner is told, and who cancels knows.
void ObjectState::tell_unseen_error() const noexcept {  // NOLINT(bugprone-exception-escape): as in the header.
  const MemoryReserve::Use reserve;
  const Error& error = outcome_->error();
  if (error.code == ErrorCode::kActorDied || error.code == ErrorCode::kCancelled || is_forked_copy()) return;
  static std::atomic<int> told{0};
  const int before = told.fetch_add(1);
  if (before > kUnseenMost) return;
  const std::string line = before < kUnseenMost ? "manta: nobody asked for the result of " + std::string(call_name_) +
                                                      ", which failed: " + to_string(error)
                                                : "manta: further errors that nobody asks for are not shown";
  const std::shared_ptr<const OnUnseenError> callback = [] {
    const std::lock_guard lock(listener().mutex);
    return listener().callback;
  }();
  if (callback && *callback) {
    (*callback)(line + "\n");
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace manta
