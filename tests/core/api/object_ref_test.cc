// SPDX-License-Identifier: Apache-2.0
// put, get and wait.
#include "core/api/object_ref.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::object_ref_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Model {
  std::map<std::string, std::vector<double>> weights;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(weights);
  }
};

int identity(int number) { return number; }
int value_after(const std::string& gate, int value) {
  Gate::stand_at(gate);
  return value;
}
int fail(int number) { throw std::runtime_error("no " + std::to_string(number)); }
std::size_t weight_count(const Model& model) { return model.weights.at("w").size(); }

TEST(ObjectRefTest, WhatIsPutIsGot) {
  EXPECT_EQ(get(put(5)).value(), 5);
  EXPECT_EQ(get(put(std::string(100'000, 'x'))).value(), std::string(100'000, 'x'));
}

TEST(ObjectRefTest, UserStructsArePutAndReadByTasks) {
  const auto model = put(Model{{{"w", std::vector<double>(50'000, 0.5)}}});

  EXPECT_EQ(get(model)->weights.at("w").size(), 50'000u);
  EXPECT_EQ(get(remote<weight_count>(model)).value(), 50'000u);
}

TEST(ObjectRefTest, AnEmptyRefIsAnError) {
  EXPECT_EQ(get(ObjectRef<int>()).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(ObjectRef<int>().is_ready());
}

TEST(ObjectRefTest, AGetEndsAtItsTimeoutAndTheWorkGoesOn) {
  Gate gate;
  const auto ref = remote<value_after>(gate.path(), 5);
  gate.meet();

  EXPECT_EQ(get(ref, std::chrono::milliseconds(1)).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(get(ref, Duration::zero()).error().code, ErrorCode::kTimeout);
  gate.let_through();

  EXPECT_EQ(get(ref).value(), 5);
}

TEST(ObjectRefTest, AllValuesOrTheFirstErrorInTheirOrder) {
  EXPECT_THAT(get(std::vector{put(1), remote<identity>(2), put(3)}).value(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(get(std::vector<ObjectRef<int>>()).value().empty());
  EXPECT_THAT(get(std::vector{put(1), remote<fail>(2), remote<fail>(3)}).error().message, HasSubstr("no 2"));
}

TEST(ObjectRefTest, AGetOfManyEndsAtItsTimeoutWithoutAnyAndTheWorkGoesOn) {
  Gate gate;
  const std::vector refs = {put(1), remote<value_after>(gate.path(), 2), put(3)};
  gate.meet();

  EXPECT_EQ(get(refs, std::chrono::milliseconds(1)).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(get(refs, Duration::zero()).error().code, ErrorCode::kTimeout);
  gate.let_through();

  EXPECT_THAT(get(refs, std::chrono::hours(1)).value(), ElementsAre(1, 2, 3));
  EXPECT_THAT(get(refs, Duration::zero()).value(), ElementsAre(1, 2, 3)) << "they are there";
}

TEST(ObjectRefTest, AnErrorBeforeThoseThatArePendingEndsAGetOfMany) {
  Gate gate;
  const std::vector refs = {remote<fail>(1), remote<value_after>(gate.path(), 2)};
  gate.meet();

  EXPECT_EQ(get(refs, std::chrono::hours(1)).error().code, ErrorCode::kTaskFailed);
  gate.let_through();
  EXPECT_TRUE(get(refs[1]));
}

TEST(ObjectRefTest, AWaitEndsWithTheFirstOneThatIsReady) {
  Gate gate;
  const std::vector refs = {remote<value_after>(gate.path(), 1), remote<identity>(2)};
  gate.meet();

  const auto result = wait(refs);

  ASSERT_EQ(result.ready.size(), 1u);
  ASSERT_EQ(result.pending.size(), 1u);
  EXPECT_EQ(get(result.ready[0]).value(), 2);
  gate.let_through();
  EXPECT_EQ(get(result.pending[0]).value(), 1);
}

TEST(ObjectRefTest, AWaitForAllKeepsTheirOrderAndCountsErrors) {
  const std::vector refs = {remote<identity>(1), remote<fail>(2), put(3)};

  const auto result = wait(refs, 3);

  ASSERT_EQ(result.ready.size(), 3u);
  EXPECT_EQ(get(result.ready[0]).value(), 1);
  EXPECT_FALSE(get(result.ready[1]));
  EXPECT_EQ(get(result.ready[2]).value(), 3);
}

TEST(ObjectRefTest, AWaitForMoreThanThereAreWaitsForAll) {
  EXPECT_EQ(wait(std::vector{remote<identity>(1), remote<identity>(2)}, 10).ready.size(), 2u);
  EXPECT_TRUE(wait(std::vector<ObjectRef<int>>(), 1).ready.empty());
}

TEST(ObjectRefTest, AWaitForNoneOnlyLooks) {
  Gate gate;
  const std::vector refs = {put(1), remote<value_after>(gate.path(), 2)};

  const auto result = wait(refs, 0);

  EXPECT_EQ(result.ready.size(), 1u);
  EXPECT_EQ(result.pending.size(), 1u);
  gate.meet();
  gate.let_through();
  EXPECT_TRUE(get(refs[1]));
}

TEST(ObjectRefTest, AWaitEndsAtItsTimeout) {
  Gate gate;
  const std::vector refs = {put(1), remote<value_after>(gate.path(), 2)};
  gate.meet();

  const auto result = wait(refs, 2, std::chrono::milliseconds(1));

  EXPECT_EQ(result.ready.size(), 1u);
  EXPECT_EQ(result.pending.size(), 1u);
}

TEST(ObjectRefTest, EmptyRefsAreNotWaitedFor) {
  const auto result = wait(std::vector{ObjectRef<int>(), remote<identity>(1)}, 2);

  EXPECT_EQ(result.ready.size(), 1u);
  EXPECT_EQ(result.pending.size(), 1u);
}

TEST(ObjectRefTest, ACallbackRunsOnceTheValueIsThere) {
  Gate gate;
  const auto ref = remote<value_after>(gate.path(), 5);
  std::promise<bool> ready;
  ref.then([&] { ready.set_value(ref.is_ready()); });
  gate.meet();

  gate.let_through();

  EXPECT_TRUE(ready.get_future().get());
}

TEST(ObjectRefTest, ACallbackMayMakeTheNextCall) {
  std::promise<ObjectRef<int>> next;
  const auto first = remote<identity>(1);
  first.then([&] { next.set_value(remote<identity>(2)); });

  EXPECT_EQ(get(next.get_future().get()).value(), 2);
}

TEST(ObjectRefTest, ManyThreadsCallAndWait) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([i] {
      for (int n = 0; n < 100; ++n) ASSERT_EQ(get(remote<identity>(1000 * i + n)).value(), 1000 * i + n);
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(GetTest, RefsWithoutValuesAreGotTogether) {
  const std::vector<ObjectRef<void>> fine{remote<[] {}>(), remote<[] {}>()};
  const std::vector<ObjectRef<void>> failing{remote<[] {}>(), remote<[] { throw std::runtime_error("not me"); }>()};

  EXPECT_TRUE(get(fine));
  EXPECT_EQ(get(failing).error().code, ErrorCode::kTaskFailed);
}

TEST(GetTest, RefsOfSeveralTypesAreGotAsATuple) {
  const auto values = get(put(1), put(std::string("two")), remote<[] {}>());

  ASSERT_TRUE(values);
  EXPECT_EQ(std::get<0>(*values), 1);
  EXPECT_EQ(std::get<1>(*values), "two");
}

TEST(WaitTest, WaitIndicesSaysWhichAreReady) {
  Promise<int> first, second, third;
  const std::vector<ObjectRef<int>> refs{first.ref(), second.ref(), third.ref()};
  third.set(3);

  EXPECT_THAT(wait_indices(refs), ElementsAre(2));
  first.set(1);
  EXPECT_THAT(wait_indices(refs, 2), ElementsAre(0, 2));
  EXPECT_THAT(wait_indices(refs, 3, Duration(0)), ElementsAre(0, 2));
}

int then_in_worker() {
  std::atomic<int> seen = 0;
  const ObjectRef<int> sum = remote<[](int a, int b) { return a + b; }>(1, 2);
  sum.then([&, state = sum] { seen = get(state).value(); });
  get(sum).value();
  return seen;
}

TEST(ThenTest, ItIsCalledInAWorkerToo) { EXPECT_EQ(get(remote<then_in_worker>()).value(), 3); }

TEST(ThenTest, OfAnEmptyRefItNeverIs) {
  ObjectRef<int>().then([] { FAIL(); });
}

}  // namespace
}  // namespace manta::object_ref_test
