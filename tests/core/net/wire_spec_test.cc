// SPDX-License-Identifier: Apache-2.0
#include "core/net/wire_spec.h"

#include <gtest/gtest.h>

namespace manta::wire_spec_test {
namespace {

Resources travelled(const Resources& resources) {
  return unpack(without_custom(resources), pack(resources.custom)).value();
}

TEST(WireSpecTest, ResourcesArriveAsTheyWere) {
  const Resources all{.cpus = 1.5, .gpus = 2, .memory = std::uint64_t{5} << 30, .custom = {{"license", 1}, {"", 0.25}}};

  EXPECT_EQ(travelled({}), Resources{});
  EXPECT_EQ(travelled(all), all);
}

TEST(WireSpecTest, BytesThatAreCutShortAreNoResources) {
  const std::vector<std::byte> packed = pack({{"license", 1}});

  for (std::size_t size = 1; size < packed.size(); ++size)
    EXPECT_FALSE(unpack({}, std::span(packed).first(size))) << size;
}

}  // namespace
}  // namespace manta::wire_spec_test
