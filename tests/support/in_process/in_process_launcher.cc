// SPDX-License-Identifier: Apache-2.0
#include "tests/support/in_process/in_process_launcher.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace manta {

InProcessLauncher::InProcessLauncher(std::shared_ptr<const Clock> clock)
    : clock_(std::move(clock)), notice_fd_(::eventfd(0, EFD_CLOEXEC)) {}

Result<void> InProcessLauncher::start(const Memory& memory) {
  arena_.reset(::fcntl(memory.arena_fd, F_DUPFD_CLOEXEC, 0));
  page_.reset(::fcntl(memory.node_page_fd, F_DUPFD_CLOEXEC, 0));
  memory_ = {.arena_fd = arena_.get(), .arena_size = memory.arena_size, .node_page_fd = page_.get()};
  return {};
}

Result<void> InProcessLauncher::request(const SpawnRequest& request, int link_fd, int output_fd) {
  if (is_lost_) return Error{ErrorCode::kWorkerDied, "the workers' launcher is gone"};
  auto worker = std::make_unique<InProcessWorker>(request.worker, memory_, link_fd, clock_);
  notices_.push_back({.kind = SpawnNotice::Kind::kStarted, .pid = worker->pid(), .worker = request.worker});
  workers_[request.worker] = std::move(worker);
  outputs_[request.worker] = UniqueFd(::fcntl(output_fd, F_DUPFD_CLOEXEC, 0));
  return {};
}

void InProcessLauncher::release_notice() { is_released_ = true; }

Result<std::optional<SpawnNotice>> InProcessLauncher::receive() {
  if (!std::exchange(is_released_, false)) return std::optional<SpawnNotice>();
  if (notices_.empty()) return Error{ErrorCode::kWorkerDied, "the workers' launcher is gone"};
  const SpawnNotice notice = notices_.front();
  notices_.pop_front();
  if (notice.kind == SpawnNotice::Kind::kExited) heard_of_ = notice.worker;
  return std::optional(notice);
}

void InProcessLauncher::bury() {
  outputs_.erase(heard_of_);
  workers_.erase(std::exchange(heard_of_, 0));
}

void InProcessLauncher::kill(pid_t worker) {
  for (const auto& [id, known] : workers_) {
    if (known->pid() != worker || !known->is_running()) continue;
    killed_.push_back(id);
    die(id);
  }
}

void InProcessLauncher::die(std::uint64_t id, int signal) {
  InProcessWorker& dying = worker(id);
  if (!dying.is_running()) return;
  dying.die();
  if (!tells_ends_) return;
  notices_.push_back({.kind = SpawnNotice::Kind::kExited, .pid = dying.pid(), .wait_status = signal, .worker = id});
}

void InProcessLauncher::tell_end(std::uint64_t id) {
  notices_.push_back({.kind = SpawnNotice::Kind::kExited, .pid = worker(id).pid(), .wait_status = SIGKILL, .worker = id});
}

void InProcessLauncher::note_end(std::uint64_t id) {
  const InProcessWorker& ended = worker(id);
  if (ended.is_running() || ended.is_dead()) return;
  const auto is_its_end = [&](const SpawnNotice& notice) {
    return notice.worker == id && notice.kind == SpawnNotice::Kind::kExited;
  };
  if (std::any_of(notices_.begin(), notices_.end(), is_its_end)) return;
  notices_.push_back({.kind = SpawnNotice::Kind::kExited, .pid = ended.pid(), .wait_status = 0, .worker = id});
}

std::vector<std::uint64_t> InProcessLauncher::news() const {
  std::vector<std::uint64_t> news;
  for (const SpawnNotice& notice : notices_)
    news.push_back(notice.worker << 1 | static_cast<std::uint64_t>(notice.kind));
  return news;
}

void InProcessLauncher::lose() {
  for (const auto& [id, worker] : workers_)
    if (worker->is_running()) worker->die();
  notices_.clear();
  is_lost_ = true;
}

void InProcessLauncher::stop() {
  workers_.clear();
  outputs_.clear();
  notices_.clear();
  is_lost_ = false;
}

}  // namespace manta
