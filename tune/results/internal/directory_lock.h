// SPDX-License-Identifier: Apache-2.0
// One writer at a time in an experiment's directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta::internal {

/// Holds `<directory>/.lock`; the kernel lets go of it when the process dies, however it dies. The file says who holds
/// it and stays: removing it would let two programs lock two files of one name.
class DirectoryLock {
 public:
  /// Errors: kFailedPrecondition: another process holds it (names its pid and since when), or the directory
  /// is not writable. kSystem: the lock cannot be asked for.
  static Result<DirectoryLock> acquire(const std::filesystem::path& directory);

  /// Who holds it, as acquire() names them; none: nobody.
  static std::optional<std::string> holder(const std::filesystem::path& directory);

 private:
  explicit DirectoryLock(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
};

}  // namespace manta::internal
