// SPDX-License-Identifier: Apache-2.0
// Values as JSON text.
#include "tune/space/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace manta::value_test {
namespace {

TEST(ValueTest, EachTypeIsWrittenAsItsJson) {
  EXPECT_EQ(to_json(Value(true)), "true");
  EXPECT_EQ(to_json(Value(false)), "false");
  EXPECT_EQ(to_json(Value(std::int64_t{-3})), "-3");
  EXPECT_EQ(to_json(Value(0.5)), "0.5");
  EXPECT_EQ(to_json(Value(std::string("relu"))), "\"relu\"");
}

TEST(ValueTest, IntegersAreWrittenWholeAtBothEnds) {
  EXPECT_EQ(to_json(Value(std::numeric_limits<std::int64_t>::max())), "9223372036854775807");
  EXPECT_EQ(to_json(Value(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
}

TEST(ValueTest, DoublesAreTheShortestThatReadBackAndNeverLookLikeIntegers) {
  EXPECT_EQ(to_json(Value(0.1)), "0.1");
  EXPECT_EQ(to_json(Value(0.1 + 0.2)), "0.30000000000000004");
  EXPECT_EQ(to_json(Value(1.0)), "1.0");
  EXPECT_EQ(to_json(Value(-0.0)), "-0.0");
  EXPECT_EQ(to_json(Value(1e300)), "1e+300");
  EXPECT_EQ(to_json(Value(5e-324)), "5e-324");
}

TEST(ValueTest, ADoubleThatIsNotFiniteIsNull) {
  EXPECT_EQ(to_json(Value(std::numeric_limits<double>::quiet_NaN())), "null");
  EXPECT_EQ(to_json(Value(std::numeric_limits<double>::infinity())), "null");
}

TEST(ValueTest, StringsAreEscapedAndMadeUtf8) {
  EXPECT_EQ(to_json(Value(std::string("a\"b\\c\n\x01"))), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(to_json(Value(std::string("é"))), "\"é\"");
  EXPECT_EQ(to_json(Value(std::string("a\xff"))), "\"a\xef\xbf\xbd\"");
}

TEST(ValueTest, AnIntegerIsNotEqualToTheSameDouble) { EXPECT_NE(Value(std::int64_t{1}), Value(1.0)); }

}  // namespace
}  // namespace manta::value_test
