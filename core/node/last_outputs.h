// SPDX-License-Identifier: Apache-2.0
// What workers that have died had printed last.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace manta {

/// Keeps it of the latest kMost that died.
///
/// Thread-safety: none.
class LastOutputs {
 public:
  static constexpr std::size_t kMost = 16;

  void add(pid_t process, std::string output) {
    if (outputs_.size() == kMost) outputs_.pop_front();
    outputs_.emplace_back(process, std::move(output));
  }
  /// Of the latest process of that number; none: nothing is kept of it.
  std::optional<std::string> find(pid_t process) const {
    for (auto it = outputs_.rbegin(); it != outputs_.rend(); ++it)
      if (it->first == process) return it->second;
    return std::nullopt;
  }

 private:
  std::deque<std::pair<pid_t, std::string>> outputs_;
};

}  // namespace manta
