// SPDX-License-Identifier: Apache-2.0
#include "tune/results/internal/directory_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <string>
#include <system_error>

namespace manta::internal {

namespace {

/// "pid 4711 on host since 2026-01-01T12:00:00Z".
std::string describe_this_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return "pid " + std::to_string(::getpid()) + " on " + host.data() + " since " + text.data();
}

std::string read_owner(int fd) {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  const std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return owner.empty() ? "a process that just started" : owner.substr(0, owner.find('\n'));
}

}  // namespace

Result<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / ".lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file) {
    return Error{ErrorCode::kFailedPrecondition, "cannot write in directory " + directory.string() + ": " +
                                                     std::generic_category().message(errno) +
                                                     "; choose another one with --out"};
  }
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) return system_error("fcntl(F_OFD_SETLK) on " + path.string(), errno);
    return Error{ErrorCode::kFailedPrecondition, "directory " + directory.string() + " is in use by " +
                                                     read_owner(file.get()) +
                                                     "; wait for it to end, or choose another directory with --out"};
  }
  const std::string owner = describe_this_process() + "\n";
  // The text only serves the message above, so a full disk must not keep the lock from being held.
  if (::ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(file.get(), owner.data(), owner.size(), 0);
  }
  return DirectoryLock(std::move(file));
}

std::optional<std::string> DirectoryLock::holder(const std::filesystem::path& directory) {
  const UniqueFd file(::open((directory / ".lock").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return read_owner(file.get());
}

}  // namespace manta::internal
