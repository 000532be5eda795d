// SPDX-License-Identifier: Apache-2.0
#include "tune/results/internal/directory.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "tune/checkpoint/disk_error.h"

namespace manta::internal {

namespace {

namespace fs = std::filesystem;

constexpr long kCifsMagic = 0xFF534D42;  // Not in <linux/magic.h> of every kernel we build on.
constexpr long kSmb2Magic = 0xFE534D42;

Error unusable(const fs::path& path, const std::string& why) {
  return {ErrorCode::kFailedPrecondition, path.string() + " " + why + "; choose another directory with --out"};
}

Result<void> make(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) return unusable(path, "is not a directory");
  fs::create_directories(path, error);
  if (!error) return {};
  if (error.value() == ENOSPC || error.value() == EDQUOT || error.value() == EIO) {
    return disk_error(path, "make the directory", error.value());
  }
  return unusable(path, "cannot be made: " + error.message());
}

}  // namespace

Result<void> check_disk_type(const fs::path& directory, long type) {
  if (type != NFS_SUPER_MAGIC && type != SMB_SUPER_MAGIC && type != kCifsMagic && type != kSmb2Magic) return {};
  return unusable(directory, "is on a network disk, where SQLite cannot keep results safe");
}

Error no_experiment(const fs::path& directory) {
  return {ErrorCode::kNotFound, "there is no experiment in " + directory.string()};
}

Result<void> prepare_directory(const fs::path& directory) {
  MANTA_RETURN_IF_ERROR(make(directory));
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return unusable(directory, "is not writable: " + std::generic_category().message(errno));
  }
  struct statfs disk = {};
  if (::statfs(directory.c_str(), &disk) == 0) MANTA_RETURN_IF_ERROR(check_disk_type(directory, disk.f_type));
  MANTA_RETURN_IF_ERROR(make(checkpoints_in(directory)));
  return make(directory / "logs");
}

FileIdentity identify(const fs::path& file) {
  struct stat found = {};
  if (::stat(file.c_str(), &found) != 0) return {};
  return {.device = found.st_dev, .number = found.st_ino};
}

}  // namespace manta::internal
