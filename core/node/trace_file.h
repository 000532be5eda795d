// SPDX-License-Identifier: Apache-2.0
// The timeline of a runtime, in a file.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/net/link.h"
#include "core/node/trace_text.h"

namespace manta {

/// Gathers events of the driver, and of workers from a ring in each one's link, and writes them, on a thread of its
/// own, a few times in each tenth of a second. A worker's events outlive it; of a driver that is killed, those of the
/// last moment are missing. Memory is bounded, and so is the file: what is too much is left out, and the file says at
/// its end how much that was.
///
/// Thread-safety: any method, from any thread.
class TraceFile final : public Tracer {
 public:
  /// Replaces what the file holds. `zero` is the time at which the timeline begins.
  /// Errors: kSystem: it cannot be written.
  static Result<std::unique_ptr<TraceFile>> open(const std::string& path, TimePoint zero);
  ~TraceFile() override;  // NOLINT(bugprone-exception-escape): a thread that cannot be joined is beyond help.
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  /// Writes what there is, ends the file, and stops the thread. What is added later is dropped.
  void finish();

  /// Of the driver.
  void add(const TraceEvent& event) override;
  /// A worker is about to start whose events lie in the link that `link` is the descriptor of.
  /// Errors: kSystem.
  Result<void> add_worker(std::uint64_t worker, int link, std::string label);
  /// It has ended; no more events come from it.
  void end_worker(std::uint64_t worker, std::string_view cause);

 private:
  struct Source {
    std::uint64_t worker = 0;
    std::string label;
    SharedMemory link;
    RingConsumer ring;
    int pid = 0;  // 0: not known, as it has not begun.
  };
  struct End {
    std::uint64_t worker = 0;
    TimePoint when;
    std::string cause;
  };

  TraceFile(UniqueFd fd, TimePoint zero);

  void run();
  void write_round();
  void take(Source& source);
  void end(const End& end);
  void flush();
  void close();

  const UniqueFd fd_;
  const int pid_;

  std::mutex mutex_;  // Guards what follows.
  std::vector<TraceEvent> events_;
  std::uint64_t lost_ = 0;  // Events that found no room, all in all.
  std::list<Source> new_sources_;
  std::vector<End> ends_;
  bool stop_ = false;
  std::condition_variable stopped_;

  // Of the thread.
  TraceText text_;
  std::string out_;
  std::list<Source> sources_;
  std::uint64_t bytes_ = 0;
  bool is_full_ = false;
  std::thread thread_;
};

}  // namespace manta
