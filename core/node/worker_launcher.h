// SPDX-License-Identifier: Apache-2.0
// What the node needs of whoever starts its workers.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

#include "core/base/result.h"
#include "core/net/spawn_request.h"

namespace manta {

/// Starts workers, tells of their starts and ends, and ends them.
///
/// Thread-safety: request() and kill() from any thread; the rest from one.
class WorkerLauncher {
 public:
  /// Descriptors and sizes of the memory that all workers map.
  struct Memory {
    int arena_fd = -1;
    std::size_t arena_size = 0;
    int node_page_fd = -1;
  };

  virtual ~WorkerLauncher() = default;

  /// Makes ready for requests; again after receive() has failed and stop(). On a thread that lives as long as the node.
  /// Errors: kSystem.
  virtual Result<void> start(const Memory& memory) = 0;
  /// Asks for a worker, which maps the link's memory and writes what it prints to the output; both stay the caller's.
  /// Errors: kSystem; kWorkerDied: there is nobody any more to start it.
  virtual Result<void> request(const SpawnRequest& request, int link_fd, int output_fd) = 0;
  /// The next notice, if there is one now. An error: whoever starts the workers is gone, and they with it.
  virtual Result<std::optional<SpawnNotice>> receive() = 0;
  /// To be polled: readable when receive() has something to say.
  virtual int fd() const = 0;
  /// Ends the worker of a notice, and all that it has started, now.
  virtual void kill(pid_t worker) = 0;
  /// Ends all workers, and waits for that.
  virtual void stop() = 0;
};

}  // namespace manta
