// SPDX-License-Identifier: Apache-2.0
#include "core/shm/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace manta {

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Result<SharedMemory> SharedMemory::create(const std::string& name, std::size_t size) {
  UniqueFd fd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return system_error("memfd_create", errno);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return system_error("ftruncate of shared memory", errno);
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return system_error("sealing shared memory", errno);
  return map(std::move(fd), size, Access::kReadWrite);
}

Result<SharedMemory> SharedMemory::map(UniqueFd fd, std::size_t size, Access access, std::size_t offset) {
  const int protection = access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = ::mmap(nullptr, size, protection, MAP_SHARED | MAP_NORESERVE, fd.get(), static_cast<off_t>(offset));
  if (data == MAP_FAILED) return system_error("mmap of shared memory", errno);
  SharedMemory memory;
  memory.fd_ = std::move(fd);
  memory.data_ = static_cast<std::byte*>(data);
  memory.size_ = size;
  return memory;
}

Result<SharedMemory> SharedMemory::view() const {
  UniqueFd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!fd) return system_error("dup of shared memory", errno);
  MANTA_ASSIGN_OR_RETURN(SharedMemory memory, map(std::move(fd), size_, Access::kRead));
  memory.close_fd();
  return memory;
}

void SharedMemory::populate(std::size_t offset, std::size_t size) const {
  static_cast<void>(::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(size)));
}

void SharedMemory::prefault(std::size_t offset, std::size_t size) const {
  constexpr std::size_t kPage = 4096;
  const std::size_t first = offset / kPage * kPage;
  const std::size_t last = std::min(size_, (offset + size + kPage - 1) / kPage * kPage);
  static_cast<void>(::madvise(data_ + first, last - first, MADV_POPULATE_WRITE));
}

void SharedMemory::close_off() const { static_cast<void>(::mprotect(data_, size_, PROT_NONE)); }

bool SharedMemory::open_up() const { return ::mprotect(data_, size_, PROT_READ | PROT_WRITE) == 0; }

void SharedMemory::discard(std::size_t offset, std::size_t size) const {
  // A refusal only keeps the pages longer.
  static_cast<void>(::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                                static_cast<off_t>(size)));
}

}  // namespace manta
