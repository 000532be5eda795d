// SPDX-License-Identifier: Apache-2.0
#include "core/node/output_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <utility>

#include "core/base/memory_reserve.h"
#include "core/base/start_thread.h"

namespace manta {
namespace {

// Whether a write of kStep bytes would be taken now, or within `milliseconds`.
bool is_writable(int fd, int milliseconds) {
  pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&ready, 1, milliseconds) > 0;
}

// Of a pipe that is said to be writable, so much is taken without waiting.
constexpr std::size_t kStep = PIPE_BUF;

// Who writes to a pipe without a reader gets an error here, not the signal that ends the program.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigset_t pending;
    sigemptyset(&set_);
    sigaddset(&set_, SIGPIPE);
    ::sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~WithoutPipeSignal() {
    constexpr timespec kNow{};
    while (!was_pending_ && ::sigtimedwait(&set_, nullptr, &kNow) == SIGPIPE) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t set_;
  sigset_t before_;
  bool was_pending_ = false;
};

// Writes the front of `text` as far as it is taken without waiting. False: nobody will ever take any.
bool write_now(int fd, std::string_view& text) {
  const WithoutPipeSignal guard;
  while (!text.empty() && is_writable(fd, 0)) {
    const ssize_t count = ::write(fd, text.data(), std::min(text.size(), kStep));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string gap_text(std::uint64_t bytes) {
  return "manta: " + std::to_string(bytes) + " bytes of output are left out here: nobody read them in time\n";
}

}  // namespace

OutputWriter::~OutputWriter() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

void OutputWriter::add(std::string_view text, Duration patience) {
  const MemoryReserve::Use reserve;
  std::unique_lock lock(mutex_);
  const bool is_idle = waiting_.empty() && !is_writing_ && left_out_ == 0;
  if (is_idle && !write_now(options_.fd, text)) return;
  if (text.empty()) return;
  start_thread();
  if (!has_room(text.size()) && !is_stuck_ && patience > Duration::zero())
    is_stuck_ = !changed_.wait_for(lock, patience, [&] { return has_room(text.size()); });
  if (!has_room(text.size())) {
    left_out_ += text.size();
    return;
  }
  if (left_out_ > 0) waiting_ += gap_text(std::exchange(left_out_, 0));
  waiting_ += text;
  changed_.notify_all();
}

// Without it what waits is left out in the end; another is tried for what comes then.
void OutputWriter::start_thread() {
  if (thread_.joinable()) return;
  if (auto started = manta::start_thread([this] { run(); })) thread_ = std::move(*started);
}

void OutputWriter::run() {
  const MemoryReserve::Use reserve;
  ::pthread_setname_np(::pthread_self(), "manta-output");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !waiting_.empty() || is_ending_; });
    if (waiting_.empty() && left_out_ > 0) waiting_ = gap_text(std::exchange(left_out_, 0));
    if (waiting_.empty()) return;
    const std::string batch = std::exchange(waiting_, {});
    is_writing_ = true;
    lock.unlock();
    changed_.notify_all();  // There is room.
    write_batch(batch);
    lock.lock();
    is_writing_ = false;
  }
}

void OutputWriter::write_batch(std::string_view batch) {
  std::optional<TimePoint> waits_since;
  while (!batch.empty()) {
    constexpr int kLookMilliseconds = 20;
    if (!is_writable(options_.fd, kLookMilliseconds)) {
      if (!waits_since) waits_since = std::chrono::steady_clock::now();
      if (should_give_up(*waits_since)) return;
      continue;
    }
    const std::size_t before = batch.size();
    if (!write_now(options_.fd, batch)) return;
    if (batch.size() == before) continue;
    waits_since.reset();
    const std::lock_guard lock(mutex_);
    is_stuck_ = false;
  }
}

bool OutputWriter::should_give_up(TimePoint since) {
  const std::lock_guard lock(mutex_);
  return is_ending_ && std::chrono::steady_clock::now() - since > options_.patience;
}

}  // namespace manta
