// SPDX-License-Identifier: Apache-2.0
// Events in Chrome's trace format, which Perfetto (ui.perfetto.dev) and chrome://tracing open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/net/trace_event.h"

namespace manta {

/// Writes events as elements of a JSON array, one to a line, each with a comma behind it: the format allows the array
/// not to be closed, so that what a crash leaves can be opened. Times are microseconds since `zero`.
///
/// Thread-safety: none.
class TraceText {
 public:
  explicit TraceText(TimePoint zero) : zero_ns_(zero.time_since_epoch().count()) {}

  /// An event of process `pid`; `worker` is its worker's number, 0 of the driver.
  void add(std::string& out, int pid, std::uint64_t worker, const TraceEvent& event);
  /// Names a process' track.
  void name_process(std::string& out, int pid, std::string_view name, int order);
  /// A mark on the track of a process.
  void mark(std::string& out, int pid, TimePoint when, std::string_view text);
  /// The end of the array.
  static void close(std::string& out);

 private:
  const std::string& name_of(std::uint64_t function);
  void head(std::string& out, std::string_view phase, int pid, std::uint32_t thread, std::int64_t ns) const;
  void flow(std::string& out, std::string_view phase, int pid, std::uint64_t worker, const TraceEvent& event) const;

  const std::int64_t zero_ns_;
  std::unordered_map<std::uint64_t, std::string> names_;  // Of functions, as JSON.
};

}  // namespace manta
