// SPDX-License-Identifier: Apache-2.0
// Shares of GPUs whose process has ended, until the device is free of it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/placement/resource_ledger.h"

namespace manta {

/// Keeps assignments back while the driver still lists their process, or one of its process group, on a device of
/// theirs: a context takes a while to go, and who starts meanwhile finds the memory taken.
///
/// Thread-safety: none.
class GpuDrain {
 public:
  struct Reader {
    /// Who is on a device; none: that cannot be known, and counts as nobody.
    std::function<std::optional<std::vector<pid_t>>(const std::string& device)> processes;
    std::function<pid_t(pid_t)> group_of;  ///< getpgid().
  };
  struct Outcome {
    std::vector<Assignment> free;
    std::vector<Assignment> lost;       ///< What of their GPUs is not given again.
    std::vector<std::string> warnings;  ///< Of each of those: who is still there, and where.
  };

  GpuDrain() = default;  ///< Keeps nothing back.
  explicit GpuDrain(Reader reader) : reader_(std::move(reader)) {}

  /// Takes the assignment if one of `devices` is not free of `process` yet. False: it may be given again at once.
  bool keep(const Assignment& assignment, std::vector<std::string> devices, pid_t process, TimePoint now);
  /// When look() is to be called next; none: nothing is kept.
  std::optional<TimePoint> next() const;
  /// What may be given again by now. After half a minute a share is set aside for good, with a warning.
  Outcome look(TimePoint now);

 private:
  struct Kept {
    Assignment assignment;
    std::vector<std::string> devices;
    pid_t process = 0;
    TimePoint next{};
    TimePoint deadline{};
  };

  // "process 4711 on GPU 0"; empty: nobody is left.
  std::string remainder(const std::vector<std::string>& devices, pid_t process) const;

  Reader reader_;
  std::vector<Kept> kept_;
};

}  // namespace manta
