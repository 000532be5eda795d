// SPDX-License-Identifier: Apache-2.0
// Few bytes and many behave alike.
#include "core/objects/small_bytes.h"

#include <gtest/gtest.h>

#include <span>
#include <vector>

namespace manta::small_bytes_test {
namespace {

// 0, 1, 2, ...
std::vector<std::byte> rising(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

SmallBytes small(std::size_t size) {
  const std::vector<std::byte> bytes = rising(size);
  SmallBytes made;
  made.assign(bytes.begin(), bytes.end());
  return made;
}

std::vector<std::byte> copy_of(const SmallBytes& bytes) { return {bytes.begin(), bytes.end()}; }

// Nothing, something, all that fits in place, one more, and much.
class SmallBytesTest : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, SmallBytesTest,
                         ::testing::Values(0, 1, SmallBytes::kInline, SmallBytes::kInline + 1, 10'000));

TEST_P(SmallBytesTest, AMovedOneHasTheBytesAndTheOldOneIsEmpty) {
  SmallBytes first = small(GetParam());

  SmallBytes second(std::move(first));
  SmallBytes third = small(60);
  third = std::move(second);

  EXPECT_EQ(copy_of(third), rising(GetParam()));
  EXPECT_TRUE(first.empty());   // NOLINT(bugprone-use-after-move): that is what is tested.
  EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move): likewise.
}

TEST_P(SmallBytesTest, ACopyIsEqualAndApart) {
  const SmallBytes first = small(GetParam());
  SmallBytes second(first);
  SmallBytes third = small(3);
  third = first;

  EXPECT_EQ(second, first);
  EXPECT_EQ(third, first);
  second.push_back(std::byte{1});
  EXPECT_EQ(copy_of(first), rising(GetParam()));
}

TEST_P(SmallBytesTest, ItGrowsByteByByte) {
  SmallBytes bytes;
  for (const std::byte byte : rising(GetParam())) bytes.push_back(byte);

  EXPECT_EQ(copy_of(bytes), rising(GetParam()));
}

TEST_P(SmallBytesTest, WhatIsAppendedStandsBehindWhatWasThere) {
  SmallBytes bytes = small(40);
  const std::vector<std::byte> more = rising(GetParam());
  bytes.append(more.data(), more.size());

  std::vector<std::byte> expected = rising(40);
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(copy_of(bytes), expected);
}

TEST_P(SmallBytesTest, ClearKeepsTheRoomAndResizeTheBytes) {
  SmallBytes bytes = small(GetParam());
  const std::size_t capacity = bytes.capacity();

  bytes.resize(GetParam() / 2);
  EXPECT_EQ(copy_of(bytes), rising(GetParam() / 2));
  bytes.clear();

  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.capacity(), capacity);
  EXPECT_TRUE(std::span<const std::byte>(bytes).empty());
}

}  // namespace
}  // namespace manta::small_bytes_test
