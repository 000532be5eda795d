// SPDX-License-Identifier: Apache-2.0
// Refs and handles that have outlived their runtime, in a later one of the same program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"

namespace manta::earlier_runtime_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::size_t kLarge = 100'000;

Result<Runtime> start() { return init(g_argc, g_argv, {.cpus = 2, .object_store_bytes = std::size_t{16} << 20}); }

class Counter {
 public:
  explicit Counter(int start) : count_(start) {}
  int add(int by) { return count_ += by; }

 private:
  int count_;
};

Result<int> add_one(const Actor<Counter>& counter) { return get(counter.call<&Counter::add>(1)); }
std::vector<int> values_of(const std::vector<ObjectRef<int>>& refs) {
  std::vector<int> values;
  for (const ObjectRef<int>& ref : refs) values.push_back(get(ref).value_or(-1));
  return values;
}
std::size_t length(const std::string& text) { return text.size(); }
ObjectRef<int> made_by_a_task(int value) { return put(value); }

TEST(EarlierRuntimeTest, ItsRefsKeepTheirValuesAndTakeNoPlaceOfLaterOnes) {
  std::vector<ObjectRef<int>> refs;
  {
    const auto earlier = start();
    ASSERT_TRUE(earlier);
    refs.push_back(put(1));
    refs.push_back(get(remote<made_by_a_task>(2)).value());
    ASSERT_EQ(get(remote<values_of>(refs)).value(), (std::vector{1, 2}));  // Now they have names.
  }
  const auto later = start();
  ASSERT_TRUE(later);
  refs.push_back(put(3));
  refs.push_back(get(remote<made_by_a_task>(4)).value());

  EXPECT_EQ(get(remote<values_of>(refs)).value(), (std::vector{1, 2, 3, 4}));
}

TEST(EarlierRuntimeTest, ItsHandlesCallNoLaterActor) {
  Actor<Counter> old;
  {
    const auto earlier = start();
    ASSERT_TRUE(earlier);
    old = actor<Counter>(100);
    ASSERT_EQ(get(remote<add_one>(old)).value(), 101);
  }
  const auto later = start();
  ASSERT_TRUE(later);
  const auto fresh = actor<Counter>(1);
  ASSERT_EQ(get(remote<add_one>(fresh)).value(), 2);

  const auto refused = get(remote<add_one>(old));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("is good only in the one that it is from"), HasSubstr("add")));
  EXPECT_EQ(get(remote<add_one>(fresh)).value(), 3);
}

TEST(EarlierRuntimeTest, WhatLiesInItsStoreIsToBePutAgain) {
  ObjectRef<std::string> old;
  {
    const auto earlier = start();
    ASSERT_TRUE(earlier);
    old = put(std::string(kLarge, 'x'));
  }
  const auto later = start();
  ASSERT_TRUE(later);

  const auto refused = get(remote<length>(old));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message, HasSubstr("put() it here"));
  EXPECT_EQ(get(remote<length>(put(get(old).value()))).value(), kLarge);
}

TEST(EarlierRuntimeTest, EachIsANodeOfItsOwn) {
  std::uint32_t earlier_node = 0;
  {
    const auto earlier = start();
    ASSERT_TRUE(earlier);
    earlier_node = status()->node;
  }
  const auto later = start();
  ASSERT_TRUE(later);

  EXPECT_EQ(status()->node, earlier_node + 1);
  EXPECT_THAT(to_string(*status()), HasSubstr("node " + std::to_string(earlier_node + 1) + ": 2 CPUs"));
}

}  // namespace
}  // namespace manta::earlier_runtime_test
