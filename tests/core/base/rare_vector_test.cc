// SPDX-License-Identifier: Apache-2.0
#include "core/base/rare_vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace manta::rare_vector_test {
namespace {

using ::testing::ElementsAre;

TEST(RareVectorTest, AnEmptyOneIsOnePointerAndHasNothing) {
  const RareVector<std::string> list;

  EXPECT_EQ(sizeof list, sizeof(void*));
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0u);
  EXPECT_EQ(list.begin(), list.end());
}

TEST(RareVectorTest, ItHasWhatWasAddedInOrder) {
  RareVector<std::string> list;
  list.push_back("a");
  list.push_back("b");

  EXPECT_THAT(list, ElementsAre("a", "b"));
  EXPECT_EQ(list[1], "b");
  list.clear();
  EXPECT_TRUE(list.empty());
}

TEST(RareVectorTest, ACopyIsApart) {
  RareVector<int> list;
  list.push_back(1);
  RareVector<int> copy(list);
  RareVector<int> assigned;
  assigned = list;
  list.push_back(2);

  EXPECT_THAT(copy, ElementsAre(1));
  EXPECT_THAT(assigned, ElementsAre(1));
  EXPECT_THAT(list, ElementsAre(1, 2));
}

TEST(RareVectorTest, AssignReplacesAndAnEmptyRangeTakesNothing) {
  const int numbers[] = {1, 2, 3};
  RareVector<int> list;
  list.assign(numbers, numbers + 3);
  EXPECT_THAT(list, ElementsAre(1, 2, 3));

  list.assign(numbers, numbers);

  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace manta::rare_vector_test
