// SPDX-License-Identifier: Apache-2.0
#include "core/objects/spill_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "core/base/byte_text.h"
#include "core/base/crc32c.h"
#include "core/base/memory_reserve.h"

namespace manta {
namespace {

constexpr const char* kPrefix = "manta-spill.";
constexpr std::size_t kStep = std::size_t{1} << 20;  // Read and written at a time, while it is in the CPU's cache.

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Of this start of the machine.
std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id").substr(0, 8); }

// When the process began, in ticks since the machine did; none: there is no such process.
std::optional<std::string> start_time(int pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = line.rfind(')');  // The name before it may contain anything.
  constexpr int kFieldsAfterName = 20;
  for (int i = 0; i < kFieldsAfterName && at != std::string::npos; ++i) at = line.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

std::string directory_name(int pid, int number) {
  return kPrefix + std::to_string(pid) + "." + start_time(pid).value_or("0") + "." + boot_id() + "." +
         std::to_string(number);
}

// Whether the process that made the directory called `name` is gone. One of another container may look gone: it has
// the directory locked.
bool is_left_behind(const std::string& name) {
  int pid = 0;
  char start[32] = {};
  char boot[16] = {};
  if (std::sscanf(name.c_str() + std::char_traits<char>::length(kPrefix), "%d.%31[0-9].%15[0-9a-f].", &pid, start,
                  boot) != 3)
    return false;
  return boot_id() != boot || start_time(pid) != std::string(start);
}

UniqueFd open_directory(int at, const char* name) {
  return UniqueFd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  struct Close {
    void operator()(DIR* opened) const { ::closedir(opened); }
  };
  UniqueFd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, Close> listing(::fdopendir(fd.get()));
  if (!listing) return names;
  static_cast<void>(fd.release());  // The listing closes it, also where there is no memory for a name.
  while (const dirent* entry = ::readdir(listing.get()))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

bool remove_if_left_behind(int parent, const std::string& name) {
  if (!is_left_behind(name)) return false;
  const UniqueFd directory = open_directory(parent, name.c_str());
  struct stat info {};
  if (!directory || ::fstat(directory.get(), &info) != 0 || info.st_uid != ::geteuid()) return false;
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) return false;
  for (const std::string& file : names_in(directory.get())) ::unlinkat(directory.get(), file.c_str(), 0);
  return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

Error storage_error(const std::string& what, const std::string& path) {
  return {ErrorCode::kStorage, what + " " + path + ": " + ::strerror(errno)};
}

// Writes all of `bytes`; `checksum` goes over them.
bool write_all(int fd, std::span<const std::byte> bytes, std::uint32_t& checksum) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min(bytes.size(), kStep));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    checksum = crc32c(bytes.first(static_cast<std::size_t>(count)), checksum);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

SpillFile::~SpillFile() { directory_->remove(*this); }

Result<void> SpilledBytes::read(std::span<std::byte> out) const {
  const std::string& path = file->path();
  const auto lost = [&](const std::string& why) {
    return Error{ErrorCode::kObjectLost, "its file " + path + " " + why};
  };
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return lost(std::string("cannot be opened: ") + ::strerror(errno));
  std::uint32_t found = 0;
  for (std::size_t done = 0; done < out.size();) {
    const std::span<std::byte> step = out.subspan(done, std::min(kStep, out.size() - done));
    const ssize_t count = ::pread(fd.get(), step.data(), step.size(), static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return lost(std::string("cannot be read: ") + ::strerror(errno));
    if (count == 0) return lost("is cut short");
    found = crc32c(step.first(static_cast<std::size_t>(count)), found);
    done += static_cast<std::size_t>(count);
  }
  if (found != checksum) return lost("is damaged: its checksum is wrong");
  return {};
}

SpillDirectory::SpillDirectory(std::string parent, std::optional<std::uint64_t> limit)
    : parent_(std::move(parent)), owner_(::getpid()), limit_(limit) {}

SpillDirectory::~SpillDirectory() {
  reap();
  if (!path_.empty() && ::getpid() == owner_) ::rmdir(path_.c_str());
}

int SpillDirectory::sweep(const std::string& parent) {
  const UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return 0;
  int removed = 0;
  for (const std::string& name : names_in(directory.get()))
    if (name.starts_with(kPrefix) && remove_if_left_behind(directory.get(), name)) ++removed;
  return removed;
}

std::string SpillDirectory::path() const {
  const std::lock_guard lock(mutex_);
  return path_;
}

Result<void> SpillDirectory::open() {
  if (fd_) return {};
  static std::atomic<int> made{0};
  const std::string path = parent_ + "/" + directory_name(owner_, made.fetch_add(1));
  if (::mkdir(path.c_str(), 0700) != 0) return storage_error("cannot make the directory", path);
  UniqueFd fd = open_directory(AT_FDCWD, path.c_str());
  if (!fd) return storage_error("cannot open the directory", path);
  static_cast<void>(::flock(fd.get(), LOCK_EX | LOCK_NB));
  struct statvfs disk {};
  if (!limit_ && ::fstatvfs(fd.get(), &disk) == 0) limit_ = disk.f_bavail * disk.f_frsize / 2;
  path_ = path;
  fd_ = std::move(fd);
  return {};
}

// Where a file of `size` bytes may be made.
Result<std::string> SpillDirectory::next_path(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  MANTA_RETURN_IF_ERROR(open());
  const std::uint64_t limit = limit_.value_or(0);
  if (size > limit - std::min(limit, bytes_.load()))
    return Error{ErrorCode::kExhausted, "the limit of " + byte_text(limit) + " in " + parent_ + " is reached"};
  return path_ + "/" + std::to_string(next_++);
}

Result<std::vector<SpilledBytes>> SpillDirectory::write(std::span<const std::span<const std::byte>> pieces,
                                                        std::uint64_t reserve) {
  std::uint64_t total = 0;
  for (const auto& piece : pieces) total += piece.size();
  MANTA_ASSIGN_OR_RETURN(const std::string path, next_path(total + reserve));
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd) {
    const bool is_gone = errno == ENOENT;
    Error error = storage_error("cannot make", path);
    const std::lock_guard lock(mutex_);
    if (is_gone) fd_.reset();  // Somebody has removed the directory: the next file gets a new one.
    return error;
  }
  std::vector<SpilledBytes> written;
  std::uint64_t offset = 0;
  for (const auto& piece : pieces) {
    SpilledBytes bytes{.file = nullptr, .offset = offset, .size = piece.size()};
    if (!write_all(fd.get(), piece, bytes.checksum)) {
      Error error = storage_error("cannot write", path);
      ::unlink(path.c_str());
      return error;
    }
    offset += piece.size();
    written.push_back(std::move(bytes));
  }
  bytes_ += total;
  const auto file = std::make_shared<const SpillFile>(shared_from_this(), path, total);
  for (SpilledBytes& bytes : written) bytes.file = file;
  return written;
}

void SpillDirectory::remove(const SpillFile& file) {
  const MemoryReserve::Use reserve;
  if (::getpid() != owner_) return;
  bytes_ -= file.size();
  std::function<void()> noted;
  {
    const std::lock_guard lock(mutex_);
    if (noted_) noted_files_.push_back(file.path());
    noted = noted_;
  }
  if (noted) {
    noted();
  } else {
    ::unlink(file.path().c_str());
  }
}

void SpillDirectory::defer_removal(std::function<void()> noted) {
  const std::lock_guard lock(mutex_);
  noted_ = std::move(noted);
}

void SpillDirectory::reap() {
  std::vector<std::string> files;
  {
    const std::lock_guard lock(mutex_);
    files.swap(noted_files_);
  }
  if (::getpid() != owner_) return;
  for (const std::string& file : files) ::unlink(file.c_str());
}

}  // namespace manta
