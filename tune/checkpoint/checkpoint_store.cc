// SPDX-License-Identifier: Apache-2.0
#include "tune/checkpoint/checkpoint_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/crc32c.h"
#include "core/base/failpoint.h"
#include "core/base/unique_fd.h"
#include "tune/checkpoint/disk_error.h"
#include "tune/checkpoint/internal/block_format.h"

namespace manta {

namespace {

namespace fs = std::filesystem;
using internal::load_number;
using internal::store_number;

// A file is a head and the checkpoint's bytes. Numbers are little-endian.
constexpr std::array<char, 8> kFileMagic = {'M', 'A', 'N', 'T', 'A', 'C', 'P', 'F'};
constexpr std::uint32_t kFileVersion = 1;
constexpr std::size_t kHeadSize = 64;
constexpr std::size_t kHeadSummed = kHeadSize - 4;  // Its last number is the sum of what stands before.
using Head = std::array<std::byte, kHeadSize>;

Head make_head(const CheckpointName& name, const Checkpoint& checkpoint) {
  const std::span<const std::byte> bytes = checkpoint.bytes.span();
  Head head{};
  std::memcpy(head.data(), kFileMagic.data(), kFileMagic.size());
  store_number(head.data() + 8, kFileVersion);
  store_number(head.data() + 12, static_cast<std::int32_t>(name.attempt));
  store_number(head.data() + 16, name.trial.number);
  store_number(head.data() + 24, name.iteration);
  store_number(head.data() + 32, checkpoint.seconds);
  store_number(head.data() + 40, static_cast<std::uint64_t>(bytes.size()));
  store_number(head.data() + 48, static_cast<std::int32_t>(name.revision));
  store_number(head.data() + 52, crc32c(bytes));
  store_number(head.data() + kHeadSummed, crc32c(std::span(head).first(kHeadSummed)));
  return head;
}

Error damaged(const fs::path& path, const std::string& what) {
  return {ErrorCode::kStorage, "checkpoint " + path.string() + " is damaged: " + what};
}

/// Checks the head of the file at `path`, which has `file_size` bytes.
Result<void> check_head(const fs::path& path, const Head& head, const CheckpointName& name, std::uint64_t file_size) {
  if (std::memcmp(head.data(), kFileMagic.data(), kFileMagic.size()) != 0) {
    return damaged(path, "it does not begin as a checkpoint does");
  }
  if (crc32c(std::span(head).first(kHeadSummed)) != load_number<std::uint32_t>(head.data() + kHeadSummed)) {
    return damaged(path, "the sum of its head does not match");
  }
  const auto version = load_number<std::uint32_t>(head.data() + 8);
  if (version != kFileVersion) {
    return damaged(path, "its format is version " + std::to_string(version) + ", and this program reads version " +
                             std::to_string(kFileVersion));
  }
  const CheckpointName found = {.trial = {load_number<std::int64_t>(head.data() + 16)},
                                .attempt = load_number<std::int32_t>(head.data() + 12),
                                .iteration = load_number<std::int64_t>(head.data() + 24),
                                .revision = load_number<std::int32_t>(head.data() + 48)};
  if (found != name) return damaged(path, "it is that of " + to_string(found) + ", not of " + to_string(name));
  const auto size = load_number<std::uint64_t>(head.data() + 40);
  if (size != file_size - kHeadSize) {
    return damaged(path,
                   "it has " + std::to_string(file_size - kHeadSize) + " bytes instead of " + std::to_string(size));
  }
  return {};
}

/// Both return 0, or errno.
int write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

int read_all(int fd, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;  // The file was cut while we read.
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return 0;
}

/// Makes the names in `folder` durable.
Result<void> sync_folder(const fs::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return disk_error(folder, "sync the folder", errno);
  return {};
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (error) return disk_error(folder, "make the folder", error.value());
  return is_new ? sync_folder(folder.has_parent_path() ? folder.parent_path() : ".") : Result<void>();
}

/// Writes and syncs a new file; removes it again when that fails.
Result<void> write_file(const fs::path& path, std::span<const std::byte> head, std::span<const std::byte> bytes) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return disk_error(path, "create", errno);
  int error = write_all(fd.get(), head);
  if (error == 0) error = write_all(fd.get(), bytes);
  if (error == 0 && ::fsync(fd.get()) != 0) error = errno;
  if (error == 0) return {};
  fd.reset();
  ::unlink(path.c_str());
  return disk_error(path, "write", error);
}

/// The name that `<trial>/<file>` stands for, or none.
std::optional<CheckpointName> parse_name(const fs::path& path) {
  CheckpointName name;
  long long trial = 0;
  long long iteration = 0;
  const std::string text = path.parent_path().filename().string() + "/" + path.filename().string();
  const int first =
      std::sscanf(text.c_str(), "%lld/%d-%lld.%d.ckpt", &trial, &name.attempt, &iteration, &name.revision);
  if (first < 3) return std::nullopt;
  if (first == 3) name.revision = 0;
  name.trial.number = trial;
  name.iteration = iteration;
  return CheckpointStore::file_of(name) == text ? std::optional(name) : std::nullopt;
}

/// The files of all trials' folders.
Result<std::vector<fs::path>> list_files(const fs::path& folder) {
  std::vector<fs::path> files;
  try {
    for (const fs::directory_entry& trial : fs::directory_iterator(folder)) {
      if (!trial.is_directory()) continue;
      for (const fs::directory_entry& file : fs::directory_iterator(trial.path())) files.push_back(file.path());
    }
  } catch (const fs::filesystem_error& error) {
    return disk_error(folder, "list", error.code().value());
  }
  return files;
}

Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error(path, "remove", errno);
  return {};
}

}  // namespace

std::string to_string(const CheckpointName& name) {
  std::string text = "trial " + to_string(name.trial) + ", attempt " + std::to_string(name.attempt) + ", iteration " +
                     std::to_string(name.iteration);
  return name.revision == 0 ? text : text + ", revision " + std::to_string(name.revision);
}

std::string CheckpointStore::file_of(const CheckpointName& name) {
  const std::string revision = name.revision == 0 ? "" : "." + std::to_string(name.revision);
  return to_string(name.trial) + "/" + std::to_string(name.attempt) + "-" + std::to_string(name.iteration) + revision +
         ".ckpt";
}

Result<CheckpointStore> CheckpointStore::open(const fs::path& folder) {
  MANTA_RETURN_IF_ERROR(make_folder(folder));
  MANTA_ASSIGN_OR_RETURN(const std::vector<fs::path> files, list_files(folder));
  for (const fs::path& file : files) {
    if (file.extension() == ".tmp") MANTA_RETURN_IF_ERROR(remove_file(file));
  }
  return CheckpointStore(folder);
}

Result<void> CheckpointStore::write(const CheckpointName& name, const Checkpoint& checkpoint) {
  const fs::path path = path_of(name);
  MANTA_RETURN_IF_ERROR(make_folder(path.parent_path()));
  const fs::path unfinished = path.string() + ".tmp";
  MANTA_RETURN_IF_ERROR(write_file(unfinished, make_head(name, checkpoint), checkpoint.bytes.span()));
  failpoint("checkpoint.written");
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return disk_error(path, "rename a file to", errno);
  failpoint("checkpoint.renamed");
  return sync_folder(path.parent_path());
}

Result<Checkpoint> CheckpointStore::read(const CheckpointName& name) const {
  const fs::path path = path_of(name);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return Error{ErrorCode::kNotFound, "there is no checkpoint " + path.string()};
  struct stat file = {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return disk_error(path, "read", errno);
  const auto file_size = static_cast<std::uint64_t>(file.st_size);
  if (file_size < kHeadSize) return damaged(path, "it has only " + std::to_string(file_size) + " bytes");

  Head head;
  if (const int error = read_all(fd.get(), head); error != 0) return disk_error(path, "read", error);
  MANTA_RETURN_IF_ERROR(check_head(path, head, name, file_size));
  std::vector<std::byte> bytes(file_size - kHeadSize);
  if (const int error = read_all(fd.get(), bytes); error != 0) return disk_error(path, "read", error);
  if (crc32c(bytes) != load_number<std::uint32_t>(head.data() + 52)) {
    return damaged(path, "the sum of its bytes does not match");
  }
  return Checkpoint{.iteration = name.iteration,
                    .seconds = load_number<double>(head.data() + 32),
                    .bytes = SharedArray<std::byte>(std::move(bytes))};
}

bool CheckpointStore::exists(const CheckpointName& name) const {
  std::error_code ignored;
  return fs::exists(path_of(name), ignored);
}

Result<void> CheckpointStore::remove(const CheckpointName& name) { return remove_file(path_of(name)); }

Result<void> CheckpointStore::retain(const std::set<CheckpointName>& names) {
  MANTA_ASSIGN_OR_RETURN(const std::vector<fs::path> files, list_files(folder_));
  for (const fs::path& file : files) {
    const std::optional<CheckpointName> name = parse_name(file);
    if (name && !names.contains(*name)) MANTA_RETURN_IF_ERROR(remove_file(file));
  }
  return {};
}

}  // namespace manta
