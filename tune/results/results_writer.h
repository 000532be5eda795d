// SPDX-License-Identifier: Apache-2.0
// Takes changes from the loop and makes them durable behind its back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tune/loop/results_sink.h"
#include "tune/results/result_store.h"

namespace manta {

struct ResultsWriterOptions {
  /// record() blocks while this much waits, so that a loop that is faster than its disk does not fill the memory. As
  /// much again may be on its way to the disk. One change always finds room.
  std::size_t max_queued_changes = 16384;
  std::size_t max_queued_bytes = std::size_t{256} << 20;
  /// Checkpoints among them: each is a file, and costs as much time as thousands of other changes.
  std::size_t max_queued_checkpoints = 32;
  /// What is recorded waits for commit(), unless there is no room for more.
  bool commits_when_told = false;
  /// Called on the writer's thread after each commit, and once when storage has failed. Must not call the writer's
  /// record() or close().
  std::function<void()> on_durable = {};
  /// While the disk is full: how long between two tries, and how long until the storage has failed.
  Duration full_interval = std::chrono::seconds(1);
  Duration full_limit = std::chrono::minutes(10);
  /// Told once when the disk is full, and once when there is space again. On the writer's thread; as on_durable.
  std::function<void(const std::string& notice)> on_notice = {};
};

/// Group commit: one transaction holds all that was recorded while the one before was under way; no delay is added.
/// While the disk is full it waits, and so does whoever waits for changes to be durable; nothing is lost.
///
/// Who records and has nothing else to do until that is durable can make it so by itself, as long as the disk is quick:
/// two wake-ups of a thread take as long as the disk does.
///
/// Thread-safety: record(), commit() and close() from one thread; durable() and status() from any.
/// Ownership: owns the store; nobody else writes to it.
class ResultsWriter final : public ResultsSink {
 public:
  /// Starts the thread. `store` must be open for writing.
  explicit ResultsWriter(ResultStore store, ResultsWriterOptions options = {});
  /// As close(), without a word about what fails.
  ~ResultsWriter() override;  // NOLINT(bugprone-exception-escape): a thread that cannot be joined is beyond help.
  ResultsWriter(const ResultsWriter&) = delete;
  ResultsWriter& operator=(const ResultsWriter&) = delete;

  /// After a failure or close() the change is dropped.
  std::uint64_t record(Change change) override;
  std::uint64_t record_together(std::vector<Change> changes) override;
  /// Where not all wait, changes may lie a moment for others to come. On this thread no files are written, nobody is
  /// waited for, and nothing is tried for a while after a transaction that took long; on_durable is then not called.
  TimePoint commit(Waiting waiting) override;
  std::uint64_t durable() const override { return durable_.load(std::memory_order_acquire); }
  Result<void> status() const override;

  /// Makes durable what was recorded, ends the thread and closes the store. Does nothing the second time. A disk that
  /// is full is tried once more, and not waited for.
  /// Errors: kStorage: that of status(), or of ResultStore::close().
  Result<void> close();

 private:
  void run();
  // Waits for changes. False: there will be no more.
  bool take_batch(std::vector<Change>& batch, std::uint64_t& last);
  bool is_small() const;
  bool may_lie(Waiting waiting, TimePoint now);
  void commit_here(std::unique_lock<std::mutex> lock);
  // Makes `batch` durable, when there is space. Errors: kStorage: there will be none, or worse.
  Result<void> apply(const std::vector<Change>& batch);
  void fail(Error error);

  const ResultsWriterOptions options_;
  ResultStore store_;  // The thread's while is_applying_ or is_told_; else that of those who record.
  std::atomic<std::uint64_t> durable_ = 0;
  std::atomic<bool> failed_ = false;
  // Of those who record: what is queued lies until then; somebody waited for others in vain; a transaction took long.
  std::optional<TimePoint> lies_until_;
  TimePoint not_for_others_before_{};
  TimePoint not_here_before_{};

  mutable std::mutex mutex_;  // Guards all that follows.
  std::condition_variable work_;
  std::condition_variable room_;
  std::vector<Change> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t queued_checkpoints_ = 0;
  std::uint64_t recorded_ = 0;
  bool is_told_ = false;      // What is queued is the thread's to take.
  bool is_applying_ = false;  // The thread uses the store.
  bool closing_ = false;
  std::optional<Error> error_;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace manta
