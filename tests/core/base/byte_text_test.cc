// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_text.h"

#include <gtest/gtest.h>

namespace manta::byte_text_test {
namespace {

constexpr std::uint64_t kKibi = 1024;
constexpr std::uint64_t kGibi = kKibi * kKibi * kKibi;

TEST(ByteTextTest, SmallSizesAreCounted) {
  EXPECT_EQ(byte_text(0), "0 bytes");
  EXPECT_EQ(byte_text(1), "1 byte");
  EXPECT_EQ(byte_text(1023), "1023 bytes");
}

TEST(ByteTextTest, LargeOnesHaveTheUnitOfWhichThereIsOne) {
  EXPECT_EQ(byte_text(1024), "1 KiB");
  EXPECT_EQ(byte_text(100 * kKibi * kKibi), "100 MiB");
  EXPECT_EQ(byte_text(2 * kGibi), "2 GiB");
  EXPECT_EQ(byte_text(2 * kGibi + kGibi / 8), "2.1 GiB");
  EXPECT_EQ(byte_text(kGibi - 1), "1 GiB");
  EXPECT_EQ(byte_text(~std::uint64_t{0}), "16 EiB");
}

}  // namespace
}  // namespace manta::byte_text_test
