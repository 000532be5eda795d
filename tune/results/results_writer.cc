// SPDX-License-Identifier: Apache-2.0
#include "tune/results/results_writer.h"

#include <iterator>
#include <utility>
#include <variant>

namespace manta {

namespace {

// What is committed on the loop's thread: so few changes, and after a transaction that took long, none for ten times as
// long: it has commands and deadlines to look after.
constexpr std::size_t kFewChanges = 256;
constexpr std::size_t kFewBytes = std::size_t{1} << 16;
constexpr Duration kQuick = std::chrono::milliseconds(20);
constexpr int kPause = 10;

// How long changes lie for others to share their transaction, which would else wait until it has ended. Where somebody
// waited for that in vain, that is not tried again for fifty times as long.
constexpr Duration kLie = std::chrono::microseconds(500);
constexpr int kLiePause = 50;

/// What a waiting change costs beyond itself; only what can be large counts.
std::size_t bytes_of(const Change& change) {
  if (const auto* saved = std::get_if<CheckpointSaved>(&change)) return saved->checkpoint.bytes.size();
  if (const auto* saved = std::get_if<SnapshotsSaved>(&change)) {
    return saved->searcher.json.size() + saved->scheduler.json.size();
  }
  return 0;
}

}  // namespace

ResultsWriter::ResultsWriter(ResultStore store, ResultsWriterOptions options)
    : options_(std::move(options)), store_(std::move(store)), thread_([this] { run(); }) {}

ResultsWriter::~ResultsWriter() { static_cast<void>(close()); }  // NOLINT(bugprone-exception-escape): as in the header.

std::uint64_t ResultsWriter::record(Change change) {
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  return record_together(std::move(changes));
}

// A batch takes the whole queue, so what enters it at once is in one transaction.
std::uint64_t ResultsWriter::record_together(std::vector<Change> changes) {
  std::size_t bytes = 0;
  std::size_t checkpoints = 0;
  for (const Change& change : changes) {
    bytes += bytes_of(change);
    checkpoints += std::holds_alternative<CheckpointSaved>(change) ? 1 : 0;
  }
  std::unique_lock lock(mutex_);
  const auto has_room = [&] {
    return error_ || closing_ || queue_.empty() ||
           (queue_.size() < options_.max_queued_changes && queued_bytes_ + bytes <= options_.max_queued_bytes &&
            (checkpoints == 0 || queued_checkpoints_ + checkpoints <= options_.max_queued_checkpoints));
  };
  if (!has_room()) {
    is_told_ = true;
    work_.notify_one();
    room_.wait(lock, has_room);
  }
  const std::uint64_t number = recorded_ += changes.size();
  if (error_ || closing_) return number;
  queue_.insert(queue_.end(), std::make_move_iterator(changes.begin()), std::make_move_iterator(changes.end()));
  queued_bytes_ += bytes;
  queued_checkpoints_ += checkpoints;
  if (options_.commits_when_told || std::exchange(is_told_, true)) return number;
  lock.unlock();
  work_.notify_one();
  return number;
}

TimePoint ResultsWriter::commit(Waiting waiting) {
  std::unique_lock lock(mutex_);
  if (queue_.empty() || is_told_) return TimePoint::max();
  const TimePoint now = SystemClock().now();
  if (waiting != Waiting::kAll && may_lie(waiting, now)) return *lies_until_;
  lies_until_.reset();
  if (waiting == Waiting::kAll && is_small() && !is_applying_ && !closing_ && now >= not_here_before_) {
    commit_here(std::move(lock));
  } else {
    is_told_ = true;
    lock.unlock();
    work_.notify_one();
  }
  return TimePoint::max();
}

bool ResultsWriter::may_lie(Waiting waiting, TimePoint now) {
  if (!is_small() || (waiting == Waiting::kSome && now < not_for_others_before_)) return false;
  if (!lies_until_) lies_until_ = now + kLie;
  if (now < *lies_until_) return true;
  if (waiting == Waiting::kSome) not_for_others_before_ = now + kLiePause * kLie;
  return false;
}

bool ResultsWriter::is_small() const {
  return queued_checkpoints_ == 0 && queued_bytes_ <= kFewBytes && queue_.size() <= kFewChanges;
}

// The thread has not been told, so it leaves the store alone.
void ResultsWriter::commit_here(std::unique_lock<std::mutex> lock) {
  std::vector<Change> batch = std::exchange(queue_, {});
  const std::size_t bytes = std::exchange(queued_bytes_, 0);
  lock.unlock();
  const TimePoint begin = SystemClock().now();
  const Result<bool> applied = store_.try_apply(batch);
  const Duration took = SystemClock().now() - begin;
  if (took > kQuick) not_here_before_ = begin + kPause * took;
  if (!applied && applied.error().code != ErrorCode::kExhausted) return fail(applied.error());
  lock.lock();
  if (applied && *applied) return durable_.store(recorded_, std::memory_order_release);
  // The thread waits for space, or for whoever writes to the database.
  queue_ = std::move(batch);
  queued_bytes_ = bytes;
  is_told_ = true;
  lock.unlock();
  work_.notify_one();
}

Result<void> ResultsWriter::status() const {
  if (!failed_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  return *error_;
}

bool ResultsWriter::take_batch(std::vector<Change>& batch, std::uint64_t& last) {
  batch.clear();
  std::unique_lock lock(mutex_);
  is_applying_ = false;
  work_.wait(lock, [this] { return (is_told_ && !queue_.empty()) || closing_; });
  if (queue_.empty()) return false;
  is_told_ = false;
  is_applying_ = true;
  batch.swap(queue_);
  queued_bytes_ = 0;
  queued_checkpoints_ = 0;
  last = recorded_;
  lock.unlock();
  room_.notify_one();
  return true;
}

void ResultsWriter::run() {
  std::vector<Change> batch;
  std::uint64_t last = 0;
  while (take_batch(batch, last)) {
    const Result<void> applied = apply(batch);
    if (!applied) return fail(applied.error());
    durable_.store(last, std::memory_order_release);
    if (options_.on_durable) options_.on_durable();
  }
}

Result<void> ResultsWriter::apply(const std::vector<Change>& batch) {
  const auto tell = [this](const std::string& notice) {
    if (options_.on_notice) options_.on_notice(notice);
  };
  std::optional<TimePoint> full_since;
  bool is_last_try = false;  // Nobody waits any longer.
  for (;;) {
    const Result<void> applied = store_.apply(batch);
    if (applied && full_since) tell("there is space on the disk again: the sweep goes on");
    if (applied || applied.error().code != ErrorCode::kExhausted) return applied;
    const TimePoint now = SystemClock().now();
    if (!full_since) {
      full_since = now;
      tell("the sweep waits for space on the disk, and goes on by itself: " + applied.error().message);
    }
    if (is_last_try || now - *full_since >= options_.full_limit)
      return Error{ErrorCode::kStorage, applied.error().message};
    std::unique_lock lock(mutex_);
    is_last_try = work_.wait_for(lock, options_.full_interval, [this] { return closing_; });
  }
}

void ResultsWriter::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    queue_.clear();
  }
  failed_.store(true, std::memory_order_release);
  room_.notify_one();
  if (options_.on_durable) options_.on_durable();
}

Result<void> ResultsWriter::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  const Result<void> closed = store_.close();
  MANTA_RETURN_IF_ERROR(status());
  return closed;
}

}  // namespace manta
