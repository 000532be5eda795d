// SPDX-License-Identifier: Apache-2.0
// CRC-32C against published values.
#include "core/base/crc32c.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace manta::crc32c_test {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Crc32cTest, NothingHasTheChecksumZero) { EXPECT_EQ(crc32c({}), 0u); }

TEST(Crc32cTest, TheCheckValueOfTheNineDigitsIsTheStandards) { EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u); }

TEST(Crc32cTest, TheExamplesOfRfc3720AreMet) {
  const std::vector<std::byte> zeros(32, std::byte{0x00});
  const std::vector<std::byte> ones(32, std::byte{0xff});
  std::vector<std::byte> rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<std::byte>(i));

  EXPECT_EQ(crc32c(zeros), 0x8a9136aau);
  EXPECT_EQ(crc32c(ones), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
}

TEST(Crc32cTest, PartsOfAnyLengthGiveTheChecksumOfTheWhole) {
  constexpr std::string_view kText = "The quick brown fox jumps over the lazy dog";
  const std::uint32_t whole = crc32c(bytes_of(kText));

  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    const std::uint32_t first = crc32c(bytes_of(kText.substr(0, cut)));
    EXPECT_EQ(crc32c(bytes_of(kText.substr(cut)), first), whole) << "cut after " << cut << " bytes";
  }
}

// By the definition, a bit at a time.
std::uint32_t plain_crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0u;
  for (const std::byte byte : bytes) {
    crc ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

TEST(Crc32cTest, LongBlocksOfAnyLengthAndAlignmentHaveTheChecksumOfTheDefinition) {
  constexpr std::size_t kLongest = 40'000;
  std::vector<std::byte> bytes(kLongest + 8);
  std::uint32_t state = 1;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>((state = state * 1'664'525u + 1'013'904'223u) >> 24);

  for (const std::size_t size : {4095, 4096, 12'287, 12'288, 12'289, 12'300, 24'576, 24'583, 36'900, 40'000}) {
    for (std::size_t offset = 0; offset < 8; offset += 3) {
      const auto part = std::span<const std::byte>(bytes).subspan(offset, size);
      EXPECT_EQ(crc32c(part), plain_crc32c(part)) << size << " bytes from " << offset;
    }
  }
}

TEST(Crc32cTest, EverySingleFlippedBitChangesIt) {
  std::vector<std::byte> bytes(64, std::byte{0x5a});
  const std::uint32_t before = crc32c(bytes);

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_NE(crc32c(bytes), before) << "bit " << bit;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace
}  // namespace manta::crc32c_test
