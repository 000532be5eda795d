// SPDX-License-Identifier: Apache-2.0
// Threads that the system may refuse.
#pragma once

#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/no_memory.h"

namespace manta {

/// A thread that runs `body`.
/// Errors: kSystem: the process, its user or its cgroup may have no more; kExhausted: there is no memory for it.
template <class Body>
Result<std::thread> start_thread(Body&& body) {
  try {
    return std::thread(std::forward<Body>(body));
  } catch (const std::system_error& refused) {
    return Error{ErrorCode::kSystem, std::string("cannot start a thread: ") + refused.what() +
                                         "; see ulimit -u, and the limit of the cgroup (pids.max)"};
  } catch (const std::bad_alloc&) {
    return no_memory_error("a thread");
  }
}

/// Waits for the end of `thread`, if there is one. The calling thread, which user code may end the program on while it
/// is in a callback, goes on by itself.
inline void join_or_leave(std::thread& thread) {
  if (!thread.joinable()) return;
  if (thread.get_id() == std::this_thread::get_id()) {
    thread.detach();
  } else {
    thread.join();
  }
}

}  // namespace manta
