// SPDX-License-Identifier: Apache-2.0
#include "core/net/sent_error.h"

#include <gtest/gtest.h>

namespace manta::sent_error_test {
namespace {

TEST(SentErrorTest, ACodeIsGoneByItsNumber) {
  EXPECT_EQ(sent_error(static_cast<std::uint64_t>(ErrorCode::kTimeout), {}).code, ErrorCode::kTimeout);
}

TEST(SentErrorTest, ANumberThatNoCodeHasIsABug) {
  EXPECT_EQ(sent_error(static_cast<std::uint64_t>(ErrorCode::kInternal) + 1, {}).code, ErrorCode::kInternal);
  EXPECT_EQ(sent_error(~std::uint64_t{0}, {}).code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace manta::sent_error_test
