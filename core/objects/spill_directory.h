// SPDX-License-Identifier: Apache-2.0
// Where objects go that find no room in memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

class SpillDirectory;

/// A file that goes with its last holder.
class SpillFile {
 public:
  SpillFile(std::shared_ptr<SpillDirectory> directory, std::string path, std::uint64_t size)
      : directory_(std::move(directory)), path_(std::move(path)), size_(size) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

 private:
  const std::shared_ptr<SpillDirectory> directory_;
  const std::string path_;
  const std::uint64_t size_;
};

/// An object's bytes in a file.
struct SpilledBytes {
  std::shared_ptr<const SpillFile> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;  ///< CRC-32C.

  /// Reads them into `out`, of `size` bytes.
  /// Errors: kObjectLost: the file is gone, or not as it was written; the message names it.
  Result<void> read(std::span<std::byte> out) const;
};

/// A directory of its own for each run, made when the first object comes, readable by its owner only, and removed when
/// the last file and the last holder are gone. Its name and a lock say whose it is: what a killed process left behind,
/// sweep() removes.
///
/// Thread-safety: any method, from any thread; write() from one at a time.
class SpillDirectory : public std::enable_shared_from_this<SpillDirectory> {
 public:
  /// `parent` is an existing directory; at most `limit` bytes go there, by default half of what is free there at first.
  explicit SpillDirectory(std::string parent, std::optional<std::uint64_t> limit = {});
  ~SpillDirectory();
  SpillDirectory(const SpillDirectory&) = delete;
  SpillDirectory& operator=(const SpillDirectory&) = delete;

  /// Removes the directories in `parent` of processes that are gone. Returns how many.
  static int sweep(const std::string& parent);

  /// Writes `pieces` to one file, if `reserve` bytes more would still be within the limit.
  /// Errors: kStorage: the disk is full or refuses; nothing is left of the file. kExhausted: the limit.
  Result<std::vector<SpilledBytes>> write(std::span<const std::span<const std::byte>> pieces,
                                          std::uint64_t reserve = 0);

  /// From now on files that go are only noted, and `noted` is called: reap() removes them, on a thread that may wait
  /// for the disk. Without `noted`, as at first, they are removed at once.
  void defer_removal(std::function<void()> noted);
  void reap();

  /// How many bytes lie there.
  std::uint64_t bytes() const { return bytes_.load(); }
  const std::string& parent() const { return parent_; }
  /// "" until the first object comes.
  std::string path() const;

 private:
  friend class SpillFile;

  Result<void> open();  // With mutex_ held.
  Result<std::string> next_path(std::uint64_t size);
  void remove(const SpillFile& file);

  const std::string parent_;
  const int owner_;  // This process: a fork of it has no business there.
  std::atomic<std::uint64_t> bytes_{0};

  mutable std::mutex mutex_;  // Guards what follows.
  std::optional<std::uint64_t> limit_;
  std::string path_;
  UniqueFd fd_;  // Locked as long as this lives.
  std::uint64_t next_ = 1;
  std::function<void()> noted_;
  std::vector<std::string> noted_files_;
};

}  // namespace manta
