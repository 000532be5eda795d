// SPDX-License-Identifier: Apache-2.0
// Shared memory: who sees what, and that nobody can cut it short.
#include "core/shm/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace manta::shared_memory_test {
namespace {

constexpr std::size_t kPage = 4096;

UniqueFd copy_of(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

TEST(SharedMemoryTest, NewMemoryIsZero) {
  const auto memory = SharedMemory::create("test", 3 * kPage);

  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->size(), 3 * kPage);
  EXPECT_TRUE(
      std::all_of(memory->data(), memory->data() + memory->size(), [](std::byte b) { return b == std::byte{}; }));
}

TEST(SharedMemoryTest, AnotherMappingSeesWhatOneWrites) {
  const auto memory = SharedMemory::create("test", 2 * kPage);
  const auto reader = SharedMemory::map(copy_of(memory->fd()), 2 * kPage, SharedMemory::Access::kRead);
  const auto second_page = SharedMemory::map(copy_of(memory->fd()), kPage, SharedMemory::Access::kReadWrite, kPage);
  ASSERT_TRUE(reader && second_page);

  memory->data()[kPage + 5] = std::byte{7};
  second_page->data()[6] = std::byte{8};

  EXPECT_EQ(reader->data()[kPage + 5], std::byte{7});
  EXPECT_EQ(second_page->data()[5], std::byte{7});
  EXPECT_EQ(memory->data()[kPage + 6], std::byte{8});
}

TEST(SharedMemoryTest, ItsSizeIsSealed) {
  const auto memory = SharedMemory::create("test", 2 * kPage);

  EXPECT_EQ(::ftruncate(memory->fd(), kPage), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(memory->fd(), 4 * kPage), -1);
}

TEST(SharedMemoryTest, DiscardedPagesReadAsZerosAndTheOthersStay) {
  const auto memory = SharedMemory::create("test", 3 * kPage);
  std::fill_n(memory->data(), 3 * kPage, std::byte{1});

  memory->discard(kPage, kPage);

  EXPECT_EQ(memory->data()[kPage - 1], std::byte{1});
  EXPECT_EQ(memory->data()[kPage], std::byte{0});
  EXPECT_EQ(memory->data()[2 * kPage - 1], std::byte{0});
  EXPECT_EQ(memory->data()[2 * kPage], std::byte{1});
}

TEST(SharedMemoryTest, TheMappingOutlivesItsDescriptorAndItsMaker) {
  auto memory = SharedMemory::create("test", kPage);
  SharedMemory moved = std::move(*memory);
  moved.data()[0] = std::byte{9};

  moved.close_fd();

  EXPECT_EQ(memory->data(), nullptr);  // NOLINT: what a moved one is, is documented by this.
  EXPECT_EQ(moved.fd(), -1);
  EXPECT_EQ(moved.data()[0], std::byte{9});
}

TEST(SharedMemoryTest, ABadDescriptorIsAnErrorThatNamesTheCall) {
  const auto memory = SharedMemory::map(UniqueFd(), kPage, SharedMemory::Access::kRead);

  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().code, ErrorCode::kSystem);
  EXPECT_NE(memory.error().message.find("mmap"), std::string::npos);
}

TEST(SharedMemoryTest, NoBytesAreAnError) {
  EXPECT_EQ(SharedMemory::create("test", 0).error().code, ErrorCode::kSystem);
}

}  // namespace
}  // namespace manta::shared_memory_test
