// SPDX-License-Identifier: Apache-2.0
// Large arrays lie in the store and are read where they lie, on both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/objects/object_store.h"

namespace manta::array_test {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kLarge = 1'000'000;

SharedArray<double> make_numbers(std::size_t count) {
  auto array = make_array<double>({count}).value();
  std::iota(array.begin(), array.end(), 0.0);
  return std::move(array).seal();
}
double sum_of(const SharedArray<double>& array) { return std::accumulate(array.begin(), array.end(), 0.0); }
SharedArray<double> pass_on(SharedArray<double> array) { return array; }
std::vector<char> make_vector(std::size_t count) { return std::vector<char>(count, 'v'); }

class Keeper {
 public:
  void keep(SharedArray<double> array) { kept_ = std::move(array); }
  double sum() const { return sum_of(kept_); }
  SharedArray<double> give() const { return kept_; }
  SharedArray<double> give_away() { return std::exchange(kept_, {}); }
  SharedArray<double> make_and_keep(std::size_t count) { return kept_ = make_numbers(count); }
  void drop() { kept_ = {}; }

 private:
  SharedArray<double> kept_;
};

Arena& store() { return *static_cast<ObjectStore&>(internal::current_caller()->allocator()).arena(); }
bool lies_in_store(const SharedArray<double>& array) {
  return store().block_of(array.data(), array.block()) != nullptr;
}
constexpr double sum_to(std::size_t count) { return static_cast<double>(count) * static_cast<double>(count - 1) / 2; }

TEST(ArrayTest, AnArrayThatATaskMakesIsReadInTheStore) {
  const auto ref = remote<make_numbers>(kLarge);

  const auto array = get(ref).value();

  EXPECT_TRUE(lies_in_store(array));
  EXPECT_EQ(array.size(), kLarge);
  EXPECT_EQ(sum_of(array), sum_to(kLarge));
  EXPECT_EQ(get(ref)->data(), array.data()) << "each get sees the same bytes";
}

SharedArray<double> make_first_half(std::size_t count) {
  auto array = make_array<double>({2, count / 2}).value();
  std::iota(array.begin(), array.end(), 0.0);
  return std::move(array).seal(count / 2);
}

TEST(ArrayTest, AnArrayThatIsSealedWithFewerElementsStaysWhereItIs) {
  const auto array = get(remote<make_first_half>(kLarge)).value();

  EXPECT_TRUE(lies_in_store(array));
  EXPECT_THAT(array.shape(), ElementsAre(kLarge / 2));
  EXPECT_EQ(sum_of(array), sum_to(kLarge / 2));
  const std::size_t used = store().used();
  const auto again = get(remote<pass_on>(array)).value();
  EXPECT_THAT(again.shape(), ElementsAre(kLarge / 2));
  EXPECT_EQ(again.data(), array.data());
  EXPECT_EQ(store().used(), used) << "nothing was copied";
}

TEST(ArrayTest, AnArrayMadeInTheStoreIsReadThereByATask) {
  auto builder = make_array<double>({kLarge}).value();
  std::iota(builder.begin(), builder.end(), 0.0);
  const SharedArray<double> array = std::move(builder).seal();
  const std::size_t used = store().used();

  EXPECT_EQ(get(remote<sum_of>(array)).value(), sum_to(kLarge));
  const auto ref = put(array);

  EXPECT_EQ(get(ref)->data(), array.data());
  EXPECT_EQ(store().used(), used) << "nothing was copied";
}

TEST(ArrayTest, AnArrayThatIsPassedOnStaysWhereItIs) {
  const auto ref = put(SharedArray<double>(std::vector<double>(kLarge, 1.0)));

  const auto back = get(remote<pass_on>(ref)).value();

  EXPECT_EQ(back.data(), get(ref)->data());
}

TEST(ArrayTest, AnArrayOutlivesItsRefs) {
  auto ref = remote<make_numbers>(kLarge);
  const auto array = get(ref).value();

  ref = {};

  EXPECT_EQ(sum_of(array), sum_to(kLarge));
}

TEST(ArrayTest, ShapesTravel) {
  auto builder = make_array<double>({20, 30, 40}).value();
  std::fill(builder.begin(), builder.end(), 1.0);
  const auto array = std::move(builder).seal();

  EXPECT_THAT(get(remote<pass_on>(array))->shape(), ElementsAre(20, 30, 40));
}

TEST(ArrayTest, SmallAndEmptyArraysTravelToo) {
  EXPECT_EQ(get(remote<sum_of>(SharedArray<double>(std::vector<double>{1, 2}))).value(), 3);
  EXPECT_EQ(get(remote<sum_of>(SharedArray<double>())).value(), 0);
  EXPECT_TRUE(get(remote<make_numbers>(std::size_t{0}))->empty());
}

TEST(ArrayTest, AnActorThatKeepsItsArgumentReadsItAfterTheDriverLetGo) {
  const auto keeper = actor<Keeper>();
  auto ref = put(SharedArray<double>(std::vector<double>(kLarge, 2.0)));
  ASSERT_TRUE(get(keeper.call<&Keeper::keep>(ref)));
  ref = {};
  // Whoever got the same bytes would now write into them.
  const auto other = put(SharedArray<double>(std::vector<double>(kLarge, 3.0)));

  EXPECT_EQ(get(keeper.call<&Keeper::sum>()).value(), 2.0 * kLarge);
}

TEST(ArrayTest, WhatAnActorKeepsAndGivesIsOneObject) {
  const auto keeper = actor<Keeper>();
  const std::size_t before = store().used();
  auto made = get(keeper.call<&Keeper::make_and_keep>(kLarge)).value();
  const double* data = made.data();
  made = {};
  EXPECT_EQ(get(keeper.call<&Keeper::sum>()).value(), sum_to(kLarge));

  auto given = get(keeper.call<&Keeper::give>()).value();
  EXPECT_EQ(given.data(), data);
  given = {};
  auto last = get(keeper.call<&Keeper::give_away>()).value();
  EXPECT_EQ(sum_of(last), sum_to(kLarge));
  last = {};
  ASSERT_TRUE(get(keeper.call<&Keeper::drop>()));

  EXPECT_LE(store().used(), before + (std::size_t{1} << 20)) << "what is left is the rest of the actor's chunk";
}

TEST(ArrayTest, MoreThanTheStoreHoldsIsExhaustedInATask) {
  EXPECT_EQ(get(remote<make_vector>(store().capacity() + 1)).error().code, ErrorCode::kExhausted);
}

TEST(ArrayTest, ManyTasksThatMakeArraysLeaveNothingBehind) {
  const std::size_t before = store().used();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(get(remote<make_numbers>(kLarge))->size(), kLarge);

  EXPECT_LE(store().used(), before + (std::size_t{40} << 20)) << "two idle workers may keep the rest of a chunk each";
}

TEST(ArrayTest, ImpossibleShapesAreRefused) {
  EXPECT_EQ(make_array<double>(std::vector<std::size_t>(8, 1)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_array<double>({SIZE_MAX, 2}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_array<double>({SIZE_MAX / 8}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(make_array<double>({})->size(), 0u);
}

}  // namespace
}  // namespace manta::array_test
