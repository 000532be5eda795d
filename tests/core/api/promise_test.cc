// SPDX-License-Identifier: Apache-2.0
#include "core/api/promise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/remote.h"

namespace manta::promise_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }
int first_of(const std::vector<ObjectRef<int>>& numbers) { return get(numbers.front()).value(); }

// Gives refs away before it has the values.
class Giver {
 public:
  ObjectRef<int> ref() { return number_.ref(); }
  int give(int number) {
    number_.set(number);
    return number;
  }
  ObjectRef<SharedArray<double>> array() { return array_.ref(); }
  bool give_array(std::size_t size) {
    auto array = make_array<double>({size}).value();
    for (std::size_t i = 0; i < size; ++i) array[i] = 0.5;
    array_.set(std::move(array).seal());
    return array_.is_set();
  }
  void fail() { number_.fail({ErrorCode::kExhausted, "no more numbers"}); }
  void forget() { number_ = Promise<int>(); }
  int wait_for(const std::vector<ObjectRef<int>>& numbers) { return get(numbers.front()).value(); }
  void die() { ::raise(SIGKILL); }

 private:
  Promise<int> number_;
  Promise<SharedArray<double>> array_;
};

TEST(PromiseTest, ARefBecomesReadyWhenThePromiseIsSet) {
  Promise<int> promise;
  const auto ref = promise.ref();
  EXPECT_FALSE(ref.is_ready());
  EXPECT_FALSE(promise.is_set());

  promise.set(3);
  promise.set(4);

  EXPECT_TRUE(promise.is_set());
  EXPECT_EQ(get(ref).value(), 3) << "the first value stays";
}

TEST(PromiseTest, ATaskWaitsForItAsForAnyArgument) {
  Promise<int> promise;
  const auto sum = remote<add>(promise.ref(), 1);
  const auto inside = remote<first_of>(std::vector{promise.ref()});

  promise.set(41);

  EXPECT_EQ(get(sum).value(), 42);
  EXPECT_EQ(get(inside).value(), 41);
}

TEST(PromiseTest, OneThatIsDroppedFails) {
  ObjectRef<int> ref;
  {
    const Promise<int> promise;
    ref = promise.ref();
  }

  EXPECT_EQ(get(ref).error().code, ErrorCode::kCancelled);
}

TEST(PromiseTest, OneWithoutAValueTellsThatSomethingIsDone) {
  Promise<void> done;
  const auto ref = done.ref();
  EXPECT_FALSE(ref.is_ready());

  done.set();

  EXPECT_TRUE(get(ref));
}

TEST(PromiseTest, MovedItIsTheSame) {
  Promise<int> promise;
  const auto ref = promise.ref();
  Promise<int> other = std::move(promise);

  other.set(5);

  EXPECT_EQ(get(ref).value(), 5);
}

TEST(PromiseTest, ARefOfAWorkersPromiseTravels) {
  const auto giver = actor<Giver>();
  const ObjectRef<int> number = get(giver.call<&Giver::ref>()).value();
  const auto sum = remote<add>(number, 1);
  const auto inside = actor<Giver>().call<&Giver::wait_for>(std::vector{number});
  EXPECT_FALSE(number.is_ready());

  giver.call<&Giver::give>(7);

  EXPECT_EQ(get(number).value(), 7);
  EXPECT_EQ(get(sum).value(), 8);
  EXPECT_EQ(get(inside).value(), 7);
  EXPECT_EQ(get(get(giver.call<&Giver::ref>()).value()).value(), 7) << "also for who asks later";
}

TEST(PromiseTest, ALargeValueIsSharedNotCopied) {
  const auto giver = actor<Giver>();
  const auto ref = get(giver.call<&Giver::array>()).value();

  EXPECT_TRUE(get(giver.call<&Giver::give_array>(std::size_t{100'000})).value());

  const SharedArray<double> array = get(ref).value();
  EXPECT_EQ(array.size(), 100'000u);
  EXPECT_EQ(array[99'999], 0.5);
}

TEST(PromiseTest, AWorkersErrorTravelsToo) {
  const auto giver = actor<Giver>();
  const auto number = get(giver.call<&Giver::ref>()).value();

  giver.call<&Giver::fail>();

  EXPECT_EQ(get(number).error().code, ErrorCode::kExhausted);
  EXPECT_THAT(get(number).error().message, HasSubstr("no more numbers"));
}

TEST(PromiseTest, OneThatAWorkerDropsFails) {
  const auto giver = actor<Giver>();
  const auto number = get(giver.call<&Giver::ref>()).value();

  giver.call<&Giver::forget>();

  EXPECT_EQ(get(number).error().code, ErrorCode::kCancelled);
}

TEST(PromiseTest, TheDeathOfItsProcessIsItsError) {
  const auto giver = actor<Giver>();
  const auto number = get(giver.call<&Giver::ref>()).value();

  giver.call<&Giver::die>();

  EXPECT_EQ(get(number).error().code, ErrorCode::kActorDied);
  EXPECT_THAT(get(number).error().message, AllOf(HasSubstr("Giver"), HasSubstr("signal 9")));
}

}  // namespace
}  // namespace manta::promise_test
