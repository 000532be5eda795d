// SPDX-License-Identifier: Apache-2.0
// The node's end of the fork server.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <optional>
#include <string>

#include "core/base/unique_fd.h"
#include "core/node/worker_launcher.h"

namespace manta {

/// Starts the fork server (this program again, see manta::init) and asks it for workers. When this end is closed, by
/// stop() or by the death of this process however it comes, the server kills all that it started and ends. If it is
/// killed itself, its workers die with it, and stop() ends what they have started, wherever that has gone: by a
/// variable in its environment, MANTA_RUNTIME. The thread of start() must live as long as the node: the server gets a
/// death signal from it.
class ForkServerClient final : public WorkerLauncher {
 public:
  /// `argv` is the command line of this program, null-terminated, and lives as long as it.
  explicit ForkServerClient(char* const* argv) : argv_(argv) {}
  ~ForkServerClient() override;

  Result<void> start(const Memory& memory) override;
  Result<void> request(const SpawnRequest& request, int link_fd, int output_fd) override;
  Result<std::optional<SpawnNotice>> receive() override;
  int fd() const override { return control_.get(); }
  void kill(pid_t worker) override;
  void stop() override;

 private:
  static void remove_memory_groups();

  char* const* const argv_;
  UniqueFd control_;
  pid_t pid_ = -1;
  std::string mark_;
  std::atomic<bool> has_limited_workers_{false};
};

}  // namespace manta
