// SPDX-License-Identifier: Apache-2.0
// The directory of an experiment, before anything is in it.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace manta::internal {

/// The paths inside an experiment's directory.
inline std::filesystem::path database_in(const std::filesystem::path& directory) { return directory / "experiment.db"; }
/// Its write-ahead log, and where one that was damaged is kept.
inline std::filesystem::path log_in(const std::filesystem::path& directory) { return directory / "experiment.db-wal"; }
inline std::filesystem::path damaged_log_in(const std::filesystem::path& directory) {
  return directory / "experiment.db-wal.damaged";
}
/// The database as it was when its tables had version `version`.
inline std::filesystem::path backup_in(const std::filesystem::path& directory, int version) {
  return directory / ("experiment.db.v" + std::to_string(version));
}
inline std::filesystem::path checkpoints_in(const std::filesystem::path& directory) {
  return directory / "checkpoints";
}

/// Makes `directory` with checkpoints/ and logs/, where they are missing.
/// Errors: kFailedPrecondition: it is a file, not writable, or on a network disk. kStorage: the disk is full or
/// failing.
Result<void> prepare_directory(const std::filesystem::path& directory);

/// The error for a directory without an experiment: kNotFound.
Error no_experiment(const std::filesystem::path& directory);

/// Refuses a disk whose type (`statfs::f_type`) is that of a network: SQLite's locks and its shared memory do not hold
/// there. Errors: kFailedPrecondition.
Result<void> check_disk_type(const std::filesystem::path& directory, long type);

/// Names files by device and number, so that one which was deleted or replaced is noticed.
struct FileIdentity {
  unsigned long device = 0;
  unsigned long number = 0;  ///< 0: there is no such file.
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
FileIdentity identify(const std::filesystem::path& file);

}  // namespace manta::internal
