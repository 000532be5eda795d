// SPDX-License-Identifier: Apache-2.0
// Looks at the memory of workers that have a limit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/base/clock.h"

namespace manta {

/// Finds workers whose own memory (without the object store's) exceeds their limit.
///
/// Each is looked at again when it could have come to its limit, at the speed at which a process can fill memory: often
/// when there is little room left, seldom when there is much. Without limited workers it never asks to be called.
///
/// Thread-safety: none.
class MemoryWatch {
 public:
  /// How the memory of a process is read; see core/base/process_memory.h. A test hands in others.
  struct Reader {
    std::function<std::optional<std::uint64_t>(pid_t)> quick;
    std::function<std::optional<std::uint64_t>(pid_t)> exact;
  };
  struct Excess {
    std::uint64_t worker = 0;
    std::uint64_t limit = 0;
    std::uint64_t found = 0;
  };

  explicit MemoryWatch(Reader reader) : reader_(std::move(reader)) {}
  MemoryWatch();

  void add(std::uint64_t worker, pid_t pid, std::uint64_t limit, TimePoint now);
  void remove(std::uint64_t worker) { workers_.erase(worker); }
  /// When look() is to be called next; none: never.
  std::optional<TimePoint> next() const;
  /// Looks at those whose time has come. Those that have more than they may are not watched any longer.
  std::vector<Excess> look(TimePoint now);

 private:
  struct Watched {
    pid_t pid = 0;
    std::uint64_t limit = 0;
    std::uint64_t inherited = 0;  // That the quick reading counts, though other processes have it too.
    TimePoint next{};
  };

  std::optional<std::uint64_t> own_memory(Watched& watched) const;
  static Duration pause_for(std::uint64_t room);

  Reader reader_;
  std::map<std::uint64_t, Watched> workers_;
};

}  // namespace manta
