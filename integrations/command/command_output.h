// SPDX-License-Identifier: Apache-2.0
// Reads metrics out of what a command prints.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tune/trial/metrics.h"

namespace manta {

/// The report in `line`, or none: a report is a JSON object with at least one number. Other members are ignored; NaN,
/// Infinity and -Infinity, which many languages write though JSON has none, are numbers.
std::optional<Metrics> parse_report_line(std::string_view line);

/// The checkpoint that a report names: {"loss": 0.3, "checkpoint": "step-7"}.
std::optional<std::string> parse_checkpoint_name(std::string_view line);

/// The reason in `line` if it says that the configuration cannot work: {"infeasible": "the mesh is too coarse"}.
std::optional<std::string> parse_infeasible_line(std::string_view line);

/// The last number in `line`, or none. A number is a whole word, where words end at white space and any of `=:,;()[]`.
std::optional<double> last_number(std::string_view line);

/// Cuts a stream of bytes into lines.
///
/// Limit: a line longer than `max_line_bytes` comes in pieces of at most that length, and each says so: what is that
/// long is no report, and must not fill the memory. Thread-safety: none.
class LineSplitter {
 public:
  struct Line {
    std::string text;       ///< Without its newline.
    bool is_piece = false;  ///< Of a line that is too long.
  };

  explicit LineSplitter(std::size_t max_line_bytes = std::size_t{1} << 20) : max_line_bytes_(max_line_bytes) {}

  void append(std::string_view bytes);
  /// The next whole line, or none yet.
  std::optional<Line> next();
  /// What is left after the stream's end, or none.
  std::optional<Line> rest();

 private:
  const std::size_t max_line_bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;    // Of what next() has not given out yet.
  std::size_t scanned_ = 0;  // Between begin_ and here there is no newline.
  bool in_long_line_ = false;
};

}  // namespace manta
