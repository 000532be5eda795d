// SPDX-License-Identifier: Apache-2.0
// What a worker prints.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/unique_fd.h"

namespace manta {

/// Reads a worker's standard output and error, puts the worker's name before each line, and remembers the last ones for
/// the report of its death. However much the worker prints, it takes a bounded amount of memory: of a line that is
/// longer than kLineBytes only the beginning and the last kEndBytes are kept, and what is left out is said.
///
/// Thread-safety: none.
class WorkerOutput {
 public:
  static constexpr std::size_t kLineBytes = std::size_t{64} << 10;
  static constexpr std::size_t kEndBytes = 1024;
  static constexpr std::size_t kKeptBytes = std::size_t{64} << 10;

  struct Style {
    bool has_labels = true;  ///< The worker's name stands before each line.
    bool escapes = false;    ///< Control characters but tabs are written as \x1b: a terminal would obey them.
    bool keeps_log = false;  ///< take_log() is called.
  };

  /// `fd` is the non-blocking read end of the pipe; `label` stands before each line.
  WorkerOutput(UniqueFd fd, std::string label, Style style)
      : fd_(std::move(fd)), label_(std::move(label)), style_(style) {}
  WorkerOutput(UniqueFd fd, std::string label) : WorkerOutput(std::move(fd), std::move(label), Style()) {}

  int fd() const { return fd_.get(); }
  const std::string& label() const { return label_; }
  /// Reads what there is, up to a few hundred KiB, and appends its whole lines to `out`. False at the end: every
  /// holder of the other end is gone.
  bool drain(std::string& out);
  /// As drain(), of a worker that has died: the line that it had not ended, too.
  void finish(std::string& out);
  /// The lines that came since the last call as they were printed, for a file.
  std::string take_log() { return std::exchange(log_, {}); }
  /// The last lines, at most 20 of at most 4 KiB in all; "" if there were none.
  std::string last_lines() const;
  /// The last kKeptBytes of all lines as they were printed.
  std::string last_bytes() const { return tail_.substr(tail_.size() - std::min(tail_.size(), kKeptBytes)); }

 private:
  void keep_end(std::string_view bytes);
  void take(std::string_view bytes, std::string& out);
  void end_line(std::string& out);

  UniqueFd fd_;
  std::string label_;
  Style style_;
  std::string line_;          // The line that is not yet ended, up to kLineBytes.
  std::string end_;           // What came last of it, beyond those.
  std::uint64_t beyond_ = 0;  // How many bytes it has beyond those.
  std::string tail_;          // At least the last kKeptBytes.
  std::string log_;
};

}  // namespace manta
