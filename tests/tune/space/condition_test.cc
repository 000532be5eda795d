// SPDX-License-Identifier: Apache-2.0
// What a condition demands of a value.
#include "tune/space/condition.h"

#include <gtest/gtest.h>

namespace manta::condition_test {
namespace {

TEST(ConditionTermTest, OneOfItsValuesFulfilsIt) {
  const ConditionTerm term{"x", {std::int64_t{1}, std::string("a"), true}, {}};

  EXPECT_TRUE(term.holds(std::string("a")));
  EXPECT_TRUE(term.holds(1.0)) << "1 and 1.0 are the same";
  EXPECT_TRUE(term.holds(true));
  EXPECT_FALSE(term.holds(std::int64_t{2}));
  EXPECT_FALSE(term.holds(std::string("1")));
}

TEST(ConditionTermTest, ARangeHasOpenAndClosedEnds) {
  const ConditionTerm term{"x", {}, NumberRange{.low = 2, .high = 8, .low_is_open = false, .high_is_open = true}};

  EXPECT_FALSE(term.holds(1.999));
  EXPECT_TRUE(term.holds(std::int64_t{2}));
  EXPECT_TRUE(term.holds(7.999));
  EXPECT_FALSE(term.holds(std::int64_t{8}));
  EXPECT_FALSE(term.holds(std::string("3")));
}

TEST(ConditionJsonTest, ItIsWrittenAsASpaceWritesIt) {
  const Condition condition{{"o", {std::string("sgd")}, {}},
                            {"k", {std::int64_t{1}, std::int64_t{2}}, {}},
                            {"n", {}, NumberRange{.low = 2, .low_is_open = false}}};

  EXPECT_EQ(condition_json(condition), R"({"o":"sgd","k":[1,2],"n":{">=":2.0}})");
  EXPECT_EQ(condition_json({}), "{}");
}

}  // namespace
}  // namespace manta::condition_test
