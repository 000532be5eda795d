// SPDX-License-Identifier: Apache-2.0
#include "core/base/copy_bytes.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace manta::copy_bytes_test {
namespace {

constexpr std::size_t kMargin = 128;
constexpr std::size_t kLarge = std::size_t{8} << 20;       // From here on the caches are left out.
constexpr std::size_t kVeryLarge = std::size_t{16} << 20;  // From here on several threads copy.

std::vector<std::byte> bytes_that_differ(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

void expect_copied(std::size_t size, std::size_t to, std::size_t from) {
  SCOPED_TRACE(testing::Message() << size << " bytes to " << to << " from " << from);
  static const std::vector<std::byte> source = bytes_that_differ(kVeryLarge + kLarge);
  std::vector<std::byte> target(size + 2 * kMargin, std::byte{0xee});
  copy_bytes(target.data() + kMargin + to, source.data() + from, size);
  const auto begin = target.begin() + static_cast<std::ptrdiff_t>(kMargin + to);
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  EXPECT_TRUE(size == 0 || std::memcmp(&*begin, source.data() + from, size) == 0);
  EXPECT_TRUE(std::all_of(target.begin(), begin, [](std::byte byte) { return byte == std::byte{0xee}; }));
  EXPECT_TRUE(std::all_of(end, target.end(), [](std::byte byte) { return byte == std::byte{0xee}; }));
}

TEST(CopyBytesTest, CopiesAllOfThemAndNoOthers) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, kLarge - 1, kLarge, kLarge + 63})
    for (const std::size_t to : {0, 1, 16, 63})
      for (const std::size_t from : {0, 8}) expect_copied(size, to, from);
}

TEST(CopyBytesTest, SeveralThreadsCopyAllOfThemAndNoOthers) {
  for (const std::size_t size : {kVeryLarge - 1, kVeryLarge, kVeryLarge + 1, kVeryLarge + kLarge - 100})
    for (const std::size_t to : {0, 63}) expect_copied(size, to, 8);
}

TEST(CopyBytesTest, ManyCopiesAtOnceAreEachWhole) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i)
    threads.emplace_back([i] { expect_copied(kVeryLarge + 1000 * i, i, 0); });
  for (std::thread& thread : threads) thread.join();
}

TEST(CopyBytesTest, OnOneCpuTheCallingThreadCopiesAlone) {
  std::thread([] {
    cpu_set_t allowed;
    ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    CPU_ZERO(&allowed);
    CPU_SET(first, &allowed);
    ASSERT_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
    expect_copied(kVeryLarge + 1, 1, 0);
  }).join();
}

TEST(CopyBytesTest, NothingNeedsNoAddress) { copy_bytes(nullptr, nullptr, 0); }

}  // namespace
}  // namespace manta::copy_bytes_test
