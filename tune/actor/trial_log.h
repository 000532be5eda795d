// SPDX-License-Identifier: Apache-2.0
// Where a worker's output goes while it runs a trial.
#pragma once

#include <filesystem>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// The log of this process' attempt. Of the attempts that a process runs one after the other, one that printed nothing
/// leaves its log, with the directory if nothing else is in it, to the next: two renamings in place of two new inodes.
///
/// Thread-safety: none. Writes to descriptors 1 and 2 are the process': nobody else may turn them elsewhere meanwhile.
class TrialLog {
 public:
  /// From here on all that this process prints goes to `path`, and stays there however the process ends. Makes the
  /// file's directory.
  /// Errors: kStorage: it cannot be opened.
  Result<void> open(const std::filesystem::path& path);

 private:
  bool is_unused() const;
  bool take_over(const std::filesystem::path& path);

  std::filesystem::path path_;
  UniqueFd file_;
};

}  // namespace manta
