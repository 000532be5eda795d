// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/trial_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

namespace manta {

Result<void> TrialLog::open(const std::filesystem::path& path) {
  std::cout.flush();
  std::fflush(stdout);
  if (!take_over(path)) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);  // A failure shows when the log is opened.
    file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    path_ = file_ ? path : std::filesystem::path();
  }
  if (!file_)
    return Error{ErrorCode::kStorage,
                 "cannot open the log " + path.string() + ": " + system_error("open", errno).message};
  ::dup2(file_.get(), STDOUT_FILENO);
  ::dup2(file_.get(), STDERR_FILENO);
  return {};
}

// Nothing was printed, and nothing else lies beside it.
bool TrialLog::is_unused() const {
  struct stat status = {};
  if (!file_ || ::fstat(file_.get(), &status) != 0 || status.st_size != 0 || status.st_nlink != 1) return false;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_.parent_path(), error))
    if (entry.path() != path_) return false;
  return !error;
}

bool TrialLog::take_over(const std::filesystem::path& path) {
  if (!is_unused()) return false;
  const std::filesystem::path directory = path.parent_path();
  // An attempt of the same trial has its log in the same directory; that of another trial goes only where none is yet.
  if (directory != path_.parent_path() && ::rename(path_.parent_path().c_str(), directory.c_str()) != 0) return false;
  const std::filesystem::path moved = directory / path_.filename();
  path_ = moved;
  if (moved != path && ::rename(moved.c_str(), path.c_str()) != 0) return false;
  path_ = path;
  return true;
}

}  // namespace manta
