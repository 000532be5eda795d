// SPDX-License-Identifier: Apache-2.0
// What workers print, on its way to the driver's standard error.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/clock.h"

namespace manta {

/// Writes text to a descriptor that perhaps nobody reads, and keeps nobody waiting for that. What the descriptor takes
/// at once is written at once. The rest waits for a thread, which begins when it is needed; beyond `room` bytes text is
/// left out, and how much is said where it would have been.
///
/// Thread-safety: any method, from any thread.
class OutputWriter {
 public:
  struct Options {
    int fd = 2;
    std::size_t room = std::size_t{4} << 20;
    /// How long print() waits for room, once: then it does not until something has been read again. As long does the
    /// end wait for a reader.
    Duration patience = std::chrono::milliseconds(200);
  };

  explicit OutputWriter(Options options) : options_(options) {}
  OutputWriter() : OutputWriter(Options()) {}
  /// Writes what is left, as far as it is read.
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  /// Lines of text.
  void print(std::string_view text) { add(text, options_.patience); }
  /// The same, and never waits.
  void offer(std::string_view text) { add(text, Duration::zero()); }

 private:
  void add(std::string_view text, Duration patience);
  bool has_room(std::size_t size) const { return waiting_.size() + size <= options_.room; }
  void start_thread();
  void run();
  void write_batch(std::string_view batch);
  bool should_give_up(TimePoint since);

  const Options options_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  std::string waiting_;
  std::uint64_t left_out_ = 0;  // Bytes, since the last that were taken.
  bool is_stuck_ = false;       // Nothing has been read for longer than somebody waited.
  bool is_writing_ = false;     // The thread is: what comes now is behind that.
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace manta
