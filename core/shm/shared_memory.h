// SPDX-License-Identifier: Apache-2.0
// A mapped memfd: shared memory without a name, gone with its last holder.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace manta {

/// Owns a mapping of a memfd, and the descriptor by which another process gets it.
///
/// Thread-safety: as a value; the bytes have whatever protocol their user gives them.
class SharedMemory {
 public:
  enum class Access { kRead, kReadWrite };

  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  /// Makes `size` bytes of zeros; no page is used before it is touched. `name` shows in /proc only. The size is sealed,
  /// so that no holder can cut it short under another.
  /// Errors: kSystem.
  static Result<SharedMemory> create(const std::string& name, std::size_t size);
  /// Maps [offset, offset + size) of another process' memory; `offset` is a multiple of the page size. Takes `fd`.
  /// Errors: kSystem.
  static Result<SharedMemory> map(UniqueFd fd, std::size_t size, Access access, std::size_t offset = 0);
  /// Another mapping of all of it, of which nothing can be written; it has no descriptor.
  /// Errors: kSystem.
  Result<SharedMemory> view() const;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  int fd() const { return fd_.get(); }
  /// Closes the descriptor; the mapping stays. For one of many mappings of the same memory.
  void close_fd() { fd_.reset(); }
  /// Has the system give [offset, offset + size) its pages now, and count them for this process. If it cannot, they
  /// come when they are touched.
  void populate(std::size_t offset, std::size_t size) const;
  /// Maps the pages of [offset, offset + size), which is writable, now and in one go, which costs less than
  /// a fault for each. Where the kernel cannot (before 5.14), they come when they are touched.
  void prefault(std::size_t offset, std::size_t size) const;
  /// From now on whoever touches a writable mapping dies, but what it cost to map its pages is not lost.
  void close_off() const;
  /// Makes it writable again. False: it cannot.
  bool open_up() const;
  /// Gives the pages of [offset, offset + size) back to the system; they read as zeros afterwards.
  void discard(std::size_t offset, std::size_t size) const;

 private:
  UniqueFd fd_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace manta
