// SPDX-License-Identifier: Apache-2.0
// Values that contain more refs than one message of a ring holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta::many_refs_test {
namespace {

struct Many {
  std::vector<ObjectRef<int>> refs;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(refs);
  }
};

Many put_many(int count) {
  Many many;
  for (int i = 0; i < count; ++i) many.refs.push_back(put(i));
  return many;
}
// The value of each hundredth: a ref is for passing on more than for getting.
long sum_of_some(const Many& many) {
  long sum = 0;
  for (std::size_t i = 0; i < many.refs.size(); i += 100) sum += get(many.refs[i]).value();
  return sum;
}
long expected_sum(int count) {
  long sum = 0;
  for (int i = 0; i < count; i += 100) sum += i;
  return sum;
}
Many pass_on(const Many& many) { return many; }

class Keeper {
 public:
  void keep(const Many& many) { kept_ = many; }
  Many give() const { return kept_; }

 private:
  Many kept_;
};

class ManyRefsTest : public ::testing::TestWithParam<int> {};

TEST_P(ManyRefsTest, InAnObject) {
  const auto object = put(put_many(GetParam()));

  EXPECT_EQ(sum_of_some(get(object).value()), expected_sum(GetParam()));
  EXPECT_EQ(get(remote<sum_of_some>(object)).value(), expected_sum(GetParam()));
}

TEST_P(ManyRefsTest, InAnArgumentAndAResult) {
  const Many many = put_many(GetParam());

  const Many back = get(remote<pass_on>(many)).value();

  ASSERT_EQ(back.refs.size(), many.refs.size());
  EXPECT_EQ(sum_of_some(back), expected_sum(GetParam()));
}

TEST_P(ManyRefsTest, MadeByATask) {
  EXPECT_EQ(sum_of_some(get(remote<put_many>(GetParam())).value()), expected_sum(GetParam()));
}

TEST_P(ManyRefsTest, KeptByAnActor) {
  const auto keeper = actor<Keeper>();
  get(keeper.call<&Keeper::keep>(put_many(GetParam()))).value();

  EXPECT_EQ(get(remote<sum_of_some>(keeper.call<&Keeper::give>())).value(), expected_sum(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Counts, ManyRefsTest, ::testing::Values(10'000, 100'000));

TEST(TooManyRefsTest, AreRefusedWithTheLimit) {
  Many many;
  many.refs.assign(1'000'001, put(1));

  const auto refused = get(put(many));

  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("1000001 refs and handles; at most 1000000"));
}

}  // namespace
}  // namespace manta::many_refs_test
