// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/disk_error.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace manta {

namespace {

/// "; 12 MiB are free there", or nothing when the folder cannot be asked.
std::string free_space_of(const std::filesystem::path& file) {
  struct statvfs disk = {};
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (statvfs(folder.c_str(), &disk) != 0) return "";
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const bool small = free_bytes < (1u << 20);
  return "; " + std::to_string(small ? free_bytes >> 10 : free_bytes >> 20) + (small ? " KiB" : " MiB") +
         " are free there: make room, then go on with --resume";
}

}  // namespace

Error disk_error(const std::filesystem::path& file, std::string_view action, int errno_value) {
  std::string message;
  if (errno_value == ENOSPC || errno_value == EDQUOT) message = "disk full: ";
  if (errno_value == EIO || errno_value == EFBIG || errno_value == 0) message = "disk full or failing: ";
  const bool is_about_the_disk = !message.empty();
  message += "cannot " + std::string(action) + " " + file.string();
  if (errno_value != 0) message += ": " + std::generic_category().message(errno_value);
  return {ErrorCode::kStorage, is_about_the_disk ? message + free_space_of(file) : message};
}

}  // namespace manta
