// SPDX-License-Identifier: Apache-2.0
// What a worker prints.
#pragma once

#include <string>
#include <string_view>

#include "core/base/unique_fd.h"

namespace manta {

/// Reads a worker's standard output and error, puts the worker's name before each line, and remembers the last ones for
/// the report of its death.
///
/// Thread-safety: none.
class WorkerOutput {
 public:
  /// `fd` is the non-blocking read end of the pipe; `label` stands before each line.
  WorkerOutput(UniqueFd fd, std::string label) : fd_(std::move(fd)), label_(std::move(label)) {}

  int fd() const { return fd_.get(); }
  const std::string& label() const { return label_; }
  /// Reads what there is and appends its whole lines, labelled, to `out`. False at the end: every holder of the other
  /// end is gone.
  bool drain(std::string& out);
  /// The last lines, at most 20 of at most 4 KiB in all; "" if there were none.
  std::string last_lines() const;

 private:
  void take(std::string_view bytes, std::string& out);

  UniqueFd fd_;
  std::string label_;
  std::string line_;  // The line that is not yet ended.
  std::string tail_;
};

}  // namespace manta
