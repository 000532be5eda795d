// SPDX-License-Identifier: Apache-2.0
#include "tests/support/disk_faults.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "tests/support/sanitizer.h"

namespace manta {

namespace {

std::array<std::atomic<std::int64_t>, 2> calls_made{};
DiskFault armed_fault;
std::atomic<bool> is_armed = false;
std::atomic<bool> counts = false;

// The errno with which this call is to fail; 0: it goes through.
[[maybe_unused]] int fault_of(DiskCall call) {
  if (!counts) return 0;
  const std::int64_t number = ++calls_made[static_cast<std::size_t>(call)];
  if (!is_armed || call != armed_fault.call) return 0;
  // Half of a write went through: the rest of it finds no space.
  const bool has_half = armed_fault.error == ENOSPC && call == DiskCall::kWrite;
  const std::int64_t last = armed_fault.at + (has_half ? 1 : 0);
  return number >= armed_fault.at && (armed_fault.lasts || number <= last) ? armed_fault.error : 0;
}

}  // namespace

void arm_disk_fault(const DiskFault& fault) {
  armed_fault = fault;
  for (auto& count : calls_made) count = 0;
  is_armed = counts = true;
}

void disarm_disk_fault() { is_armed = false; }

std::int64_t disk_calls(DiskCall call) { return calls_made[static_cast<std::size_t>(call)]; }

const bool kCanFailDisks = !kIsSanitized;

}  // namespace manta

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

template <class Function>
Function next_function(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int fail(int error) {
  errno = error;
  return -1;
}

// How much of a write goes through before it fails; 0: nothing of it.
std::size_t half_of(std::size_t size, int error) {
  return error == ENOSPC && manta::disk_calls(manta::DiskCall::kWrite) == manta::armed_fault.at ? size / 2 : 0;
}

}  // namespace

// In place of the C library's, for the whole program and SQLite's library.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto kWrite = next_function<ssize_t (*)(int, const void*, size_t)>("write");
  const int error = fd > STDERR_FILENO ? manta::fault_of(manta::DiskCall::kWrite) : 0;
  if (error == 0) return kWrite(fd, bytes, size);
  const std::size_t half = half_of(size, error);
  return half > 0 ? kWrite(fd, bytes, half) : fail(error);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  static const auto kWrite = next_function<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  const int error = manta::fault_of(manta::DiskCall::kWrite);
  if (error == 0) return kWrite(fd, bytes, size, offset);
  const std::size_t half = half_of(size, error);
  return half > 0 ? kWrite(fd, bytes, half, offset) : fail(error);
}

int ftruncate64(int fd, off64_t size) noexcept {
  static const auto kTruncate = next_function<int (*)(int, off64_t)>("ftruncate64");
  const int error = manta::fault_of(manta::DiskCall::kWrite);
  return error == 0 ? kTruncate(fd, size) : fail(error);
}

int rename(const char* from, const char* to) noexcept {
  static const auto kRename = next_function<int (*)(const char*, const char*)>("rename");
  const int error = manta::fault_of(manta::DiskCall::kWrite);
  return error == 0 ? kRename(from, to) : fail(error);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto kMake = next_function<int (*)(const char*, mode_t)>("mkdir");
  const int error = manta::fault_of(manta::DiskCall::kWrite);
  return error == 0 ? kMake(path, mode) : fail(error);
}

int fsync(int fd) {
  static const auto kSync = next_function<int (*)(int)>("fsync");
  const int error = manta::fault_of(manta::DiskCall::kSync);
  return error == 0 ? kSync(fd) : fail(error);
}

int fdatasync(int fd) {
  static const auto kSync = next_function<int (*)(int)>("fdatasync");
  const int error = manta::fault_of(manta::DiskCall::kSync);
  return error == 0 ? kSync(fd) : fail(error);
}
}

#endif
