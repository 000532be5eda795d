// SPDX-License-Identifier: Apache-2.0
// The node's end of the fork server.
#pragma once

#include <sys/types.h>

#include <optional>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/net/spawn_request.h"

namespace manta {

/// Starts the fork server (this program again, see manta::init) and asks it for workers. When this end is closed, by
/// stop() or by the death of this process however it comes, the server kills all that it started and ends.
///
/// Thread-safety: request() from any thread; the rest from one. start() must run on a thread that lives as long as the
/// node: the server gets a death signal from it.
class ForkServerClient {
 public:
  /// Descriptors and sizes that the server and its workers map.
  struct Memory {
    int arena_fd = -1;
    std::size_t arena_size = 0;
    int node_page_fd = -1;
  };

  ~ForkServerClient();

  /// `argv` is the command line of this program, null-terminated.
  /// Errors: kSystem.
  Result<void> start(const Memory& memory, char* const* argv);
  /// Errors: kSystem; kWorkerDied: the server is gone.
  Result<void> request(const SpawnRequest& request, int link_fd, int output_fd);
  /// The next notice, if there is one now. An error: the server is gone.
  Result<std::optional<SpawnNotice>> receive();
  int fd() const { return control_.get(); }
  /// Ends the server with all its workers, and waits for that.
  void stop();

 private:
  UniqueFd control_;
  pid_t pid_ = -1;
};

}  // namespace manta
