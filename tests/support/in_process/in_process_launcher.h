// SPDX-License-Identifier: Apache-2.0
// Starts workers in the test's process.
#pragma once

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "core/base/unique_fd.h"
#include "tests/support/in_process/in_process_worker.h"

namespace manta {

/// What the fork server's client is to a node of processes. A notice reaches the node only when the test lets it.
///
/// Thread-safety: none: a stepped node's.
class InProcessLauncher final : public WorkerLauncher {
 public:
  explicit InProcessLauncher(std::shared_ptr<const Clock> clock);

  Result<void> start(const Memory& memory) override;
  Result<void> request(const SpawnRequest& request, int link_fd, int output_fd) override;
  Result<std::optional<SpawnNotice>> receive() override;
  int fd() const override { return notice_fd_.get(); }
  void kill(pid_t worker) override;
  void stop() override;

  /// Those that live, and those that have died and that the node has not heard of.
  const std::map<std::uint64_t, std::unique_ptr<InProcessWorker>>& workers() const { return workers_; }
  InProcessWorker& worker(std::uint64_t id) { return *workers_.at(id); }
  bool has_notice() const { return !notices_.empty() || is_lost_; }
  /// The next receive() has the oldest notice.
  void release_notice();
  /// After the node has heard it: what is left of workers whose end was in it.
  void bury();

  /// The worker's process ends by `signal`.
  void die(std::uint64_t worker, int signal = SIGKILL);
  /// To be called after each step of a worker: it may have come to its end.
  void note_end(std::uint64_t worker);
  /// All workers die, and whoever starts them.
  void lose();
  /// Breaks the protocol: the node does not hear of ends.
  void keep_ends_secret() { tells_ends_ = false; }
  /// It hears of this one all the same.
  void tell_end(std::uint64_t worker);
  /// The order of what the node will hear.
  std::vector<std::uint64_t> news() const;
  /// Those that the node has killed, in order.
  const std::vector<std::uint64_t>& killed() const { return killed_; }

 private:
  const std::shared_ptr<const Clock> clock_;
  UniqueFd notice_fd_;
  UniqueFd arena_;
  UniqueFd page_;
  Memory memory_;
  std::map<std::uint64_t, std::unique_ptr<InProcessWorker>> workers_;
  std::map<std::uint64_t, UniqueFd> outputs_;
  std::deque<SpawnNotice> notices_;
  bool is_released_ = false;
  bool is_lost_ = false;
  bool tells_ends_ = true;
  std::uint64_t heard_of_ = 0;  // Whose end the notice was that the node got last; 0: none.
  std::vector<std::uint64_t> killed_;
};

}  // namespace manta
