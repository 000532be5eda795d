// SPDX-License-Identifier: Apache-2.0
// Coroutines as methods and tasks.
#include "core/api/async.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::async_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }
int fail_with(const std::string& text) { throw std::runtime_error(text); }
int stand_at(const std::string& gate) {
  Gate::stand_at(gate);
  return 1;
}
void nothing() {}

class Victim {
 public:
  void die() { ::raise(SIGKILL); }
};

// Says when it ends.
class Farewell {
 public:
  explicit Farewell(int& count) : count_(&count) {}
  ~Farewell() { ++*count_; }
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;

 private:
  int* count_;
};

// Its visitors wait until it opens.
class Hall {
 public:
  Async<int> wait(int add_to) {
    const Farewell farewell(left_);
    ++waiting_;
    const ObjectRef<int> open = open_.ref();
    const Result<int> number = co_await open;
    --waiting_;
    co_return number.value() + add_to;
  }
  Async<Result<int>> wait_or_error() {
    const ObjectRef<int> open = open_.ref();
    co_return co_await open;
  }
  int waiting() const { return waiting_; }
  int left() const { return left_; }
  void open(int number) { open_.set(number); }
  void close() { open_.fail({ErrorCode::kExhausted, "closed for ever"}); }
  void die() { ::raise(SIGKILL); }

  // As wait(), but it can tell whether it was cancelled.
  Async<bool> wait_and_ask() {
    ++waiting_;
    const ObjectRef<int> open = open_.ref();
    const Result<int> number = co_await open;
    co_return number.has_value() && is_cancelled();
  }

 private:
  Promise<int> open_;
  int waiting_ = 0;
  int left_ = 0;
};

class Clerk {
 public:
  Async<int> sum(int a, int b) {
    const ObjectRef<int> sum = remote<add>(a, b);
    const Result<int> value = co_await sum;
    co_return value.value();
  }
  Async<int> sum_of_others(int a, int b, int c) {
    Async<int> first = sum(a, b);
    Async<int> second = sum(co_await first, c);
    co_return co_await second;
  }
  Async<int> fail(std::string text) {
    const ObjectRef<int> sum = remote<add>(1, 2);
    co_await sum;
    throw std::invalid_argument(text);
  }
  Async<int> fail_below(std::string text) {
    Async<int> failing = fail(text);
    co_return co_await failing;
  }
  Async<std::string> catch_below(std::string text) {
    std::string caught;
    try {
      Async<int> failing = fail(text);
      co_await failing;
    } catch (const std::invalid_argument& error) {
      caught = error.what();
    }
    co_return caught;
  }
  Async<Result<int>> pass_error_on(std::string text) {
    const ObjectRef<int> failed = remote<fail_with>(text);
    co_return co_await failed;
  }
  Async<> wait_for_nothing() {
    const ObjectRef<void> done = remote<nothing>();
    const Result<void> result = co_await done;
    result.value();
  }
  Async<std::vector<int>> many(int count) {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < count; ++i) refs.push_back(remote<add>(i, i));
    const Result<std::vector<int>> values = co_await refs;
    co_return values.value();
  }
  Async<Result<std::string>> several() {
    const auto all = when_all(remote<add>(1, 2), put(std::string("three")), remote<nothing>());
    const auto values = co_await all;
    if (!values) co_return values.error();
    co_return std::to_string(std::get<0>(*values)) + std::get<1>(*values);
  }
  Async<Result<int>> one_of_several_fails() {
    const auto all = when_all(remote<add>(1, 2), remote<fail_with>("the second"));
    const auto values = co_await all;
    if (!values) co_return values.error();
    co_return 0;
  }
  Async<std::tuple<int, std::string>> two_results() {
    const ObjectRef<int> sum = remote<add>(1, 2);
    const Result<int> three = co_await sum;
    co_return std::tuple(three.value(), std::string("three"));
  }
  Async<std::string> cause_of_death(Actor<Victim> victim) {
    const ObjectRef<ActorDeath> death = victim.monitor();
    victim.call<&Victim::die>();
    const Result<ActorDeath> cause = co_await death;
    co_return cause.value().cause;
  }
  Async<double> first_of(SharedArray<double> array) {
    const ObjectRef<void> done = remote<nothing>();
    co_await done;
    co_return array[0];
  }
  Async<int> at_once(int number) { co_return number; }
  Async<int> long_chain(int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
      Async<int> one = at_once(1);
      sum += co_await one;
    }
    co_return sum;
  }
  Async<int> empty_ref() {
    const ObjectRef<int> empty;
    const Result<int> nothing_there = co_await empty;
    co_return static_cast<int>(nothing_there.error().code);
  }
  Async<Result<int>> through(Actor<Clerk> self, int number) {
    const ObjectRef<int> same = self.call<&Clerk::at_once>(number);
    co_return co_await same;
  }
};

TEST(AsyncTest, AMethodMayWaitForATask) {
  const auto clerk = actor<Clerk>();

  EXPECT_EQ(get(clerk.call<&Clerk::sum>(1, 2)).value(), 3);
  EXPECT_EQ(get(clerk.call<&Clerk::sum>(put(4), 5)).value(), 9) << "an argument may be a ref";
}

TEST(AsyncTest, OneThreadHasThousandsOfCallsThatWait) {
  constexpr int kCalls = 5'000;
  const auto hall = actor<Hall>();
  std::vector<ObjectRef<int>> visitors;
  for (int i = 0; i < kCalls; ++i) visitors.push_back(hall.call<&Hall::wait>(i));
  EXPECT_EQ(get(hall.call<&Hall::waiting>()).value(), kCalls) << "a call behind them is not kept";

  hall.call<&Hall::open>(1);

  const std::vector<int> numbers = get(visitors).value();
  for (int i = 0; i < kCalls; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i + 1);
  EXPECT_EQ(get(hall.call<&Hall::waiting>()).value(), 0);
}

TEST(AsyncTest, CoroutinesMayWaitForEachOther) {
  const auto clerk = actor<Clerk>();

  EXPECT_EQ(get(clerk.call<&Clerk::sum_of_others>(1, 2, 3)).value(), 6);
  EXPECT_EQ(get(clerk.call<&Clerk::long_chain>(200'000)).value(), 200'000) << "no stack piles up";
}

TEST(AsyncTest, WhatThrowsFailsTheCall) {
  const auto clerk = actor<Clerk>();

  const auto failed = get(clerk.call<&Clerk::fail>("after a while"));
  const auto below = get(clerk.call<&Clerk::fail_below>("in another"));

  EXPECT_EQ(failed.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("std::invalid_argument"), HasSubstr("after a while")));
  EXPECT_THAT(below.error().message, HasSubstr("in another"));
  EXPECT_EQ(get(clerk.call<&Clerk::catch_below>("caught")).value(), "caught");
}

TEST(AsyncTest, AnErrorIsAValueOfTheAwait) {
  const auto clerk = actor<Clerk>();

  EXPECT_THAT(get(clerk.call<&Clerk::pass_error_on>("as it came")).error().message, HasSubstr("as it came"));
  EXPECT_EQ(get(clerk.call<&Clerk::empty_ref>()).value(), static_cast<int>(ErrorCode::kFailedPrecondition));
}

TEST(AsyncTest, AllOfManyRefs) {
  const auto clerk = actor<Clerk>();

  EXPECT_THAT(get(clerk.call<&Clerk::many>(4)).value(), ElementsAre(0, 2, 4, 6));
  EXPECT_THAT(get(clerk.call<&Clerk::many>(0)).value(), ElementsAre());
  EXPECT_EQ(get(clerk.call<&Clerk::several>()).value(), "3three");
  EXPECT_THAT(get(clerk.call<&Clerk::one_of_several_fails>()).error().message, HasSubstr("the second"));
  EXPECT_TRUE(get(clerk.call<&Clerk::wait_for_nothing>()));
}

TEST(AsyncTest, ATupleGivesSeveralRefs) {
  const auto [number, text] = actor<Clerk>().call<&Clerk::two_results>();

  EXPECT_EQ(get(number).value(), 3);
  EXPECT_EQ(get(text).value(), "three");
}

TEST(AsyncTest, ADeathIsAwaitedLikeAValue) {
  EXPECT_THAT(get(actor<Clerk>().call<&Clerk::cause_of_death>(actor<Victim>())).value(), HasSubstr("signal 9"));
}

TEST(AsyncTest, AnArrayIsThereAfterTheWait) {
  auto array = make_array<double>({10'000}).value();
  std::fill(array.begin(), array.end(), 0.5);

  EXPECT_EQ(get(actor<Clerk>().call<&Clerk::first_of>(std::move(array).seal())).value(), 0.5);
}

TEST(AsyncTest, AnActorMayWaitForItself) {
  const auto clerk = actor<Clerk>();

  EXPECT_EQ(get(clerk.call<&Clerk::through>(clerk, 7)).value(), 7);
}

TEST(AsyncTest, SeveralThreadsMayRunThem) {
  const auto clerk = actor<Clerk>.with({.max_concurrency = 4})();
  std::vector<ObjectRef<int>> sums;
  for (int i = 0; i < 500; ++i) sums.push_back(clerk.call<&Clerk::sum_of_others>(i, i, i));

  const std::vector<int> values = get(sums).value();

  for (int i = 0; i < 500; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], 3 * i);
}

Async<int> sum_later(int a, int b) {
  const ObjectRef<int> sum = remote<add>.with({.cpus = 2})(a, b);
  const Result<int> value = co_await sum;
  co_return value.value();
}
Async<int> wait_at(std::string gate) {
  const ObjectRef<int> standing = remote<stand_at>(gate);
  const Result<int> one = co_await standing;
  co_return one.value();
}

TEST(AsyncTest, ATaskMayBeOneAndLendsItsCpusWhileItWaits) {
  EXPECT_EQ(get(remote<sum_later>.with({.cpus = 2})(1, 2)).value(), 3);
}

TEST(AsyncTest, ATaskThatWaitsIsCancelled) {
  Gate gate;
  const auto waiting = remote<wait_at>(gate.path());
  gate.meet();

  cancel(waiting);

  EXPECT_EQ(get(waiting).error().code, ErrorCode::kCancelled);
  gate.let_through();
  EXPECT_EQ(get(remote<add>.with({.cpus = 2})(1, 2)).value(), 3) << "its CPUs are free again";
}

class Greedy {
 public:
  Async<int> sum(int a, int b) {
    const ObjectRef<int> sum = remote<add>.with({.cpus = 2})(a, b);
    const Result<int> value = co_await sum;
    co_return value.value();
  }
};

TEST(AsyncTest, AnActorThatWaitsLendsItsCpus) {
  EXPECT_EQ(get(actor<Greedy>.with({.cpus = 2})().call<&Greedy::sum>(1, 2)).value(), 3);
}

TEST(AsyncCancelTest, ACallThatWaitsEndsAndItsLocalsAreDestroyed) {
  const auto hall = actor<Hall>();
  const auto cancelled = hall.call<&Hall::wait>(1);
  const auto other = hall.call<&Hall::wait>(2);
  ASSERT_EQ(get(hall.call<&Hall::waiting>()).value(), 2);

  cancel(cancelled);

  EXPECT_EQ(get(cancelled).error().code, ErrorCode::kCancelled);
  while (get(hall.call<&Hall::left>()).value() == 0) {
  }
  hall.call<&Hall::open>(40);
  EXPECT_EQ(get(other).value(), 42);
  EXPECT_EQ(get(hall.call<&Hall::left>()).value(), 2);
}

TEST(AsyncCancelTest, WhatIsNotCancelledKnowsThatItIsNot) {
  const auto hall = actor<Hall>();
  const auto cancelled = hall.call<&Hall::wait>(1);
  const auto other = hall.call<&Hall::wait_and_ask>();
  ASSERT_EQ(get(hall.call<&Hall::waiting>()).value(), 2);

  cancel(cancelled);
  hall.call<&Hall::open>(1);

  EXPECT_FALSE(get(other).value());
}

TEST(AsyncEndTest, TheDeathOfTheActorEndsAllThatWait) {
  const auto hall = actor<Hall>();
  std::vector<ObjectRef<int>> visitors;
  for (int i = 0; i < 100; ++i) visitors.push_back(hall.call<&Hall::wait>(i));

  hall.call<&Hall::die>();

  for (const auto& visitor : visitors) {
    EXPECT_EQ(get(visitor).error().code, ErrorCode::kActorDied);
    EXPECT_THAT(get(visitor).error().message, HasSubstr("signal 9"));
  }
}

// Lets those who wait for it go when it is told.
class Porter {
 public:
  Async<int> wait_at(std::string gate) {
    const ObjectRef<int> standing = remote<stand_at>(gate);
    const Result<int> one = co_await standing;
    co_return one.value();
  }
  Async<Result<int>> wait_and_call(std::string gate, Actor<Porter> self) {
    const ObjectRef<int> standing = remote<stand_at>(gate);
    co_await standing;
    const ObjectRef<int> five = self.call<&Porter::number>(5);
    co_return co_await five;
  }
  int number(int number) { return number; }
};

TEST(AsyncEndTest, AStopLetsCallsThatWaitEndFirst) {
  Gate gate;
  const auto porter = actor<Porter>();
  const auto death = porter.monitor();
  const auto waiting = porter.call<&Porter::wait_at>(gate.path());
  gate.meet();

  porter.stop();
  const auto late = porter.call<&Porter::number>(1);

  EXPECT_EQ(get(late).error().code, ErrorCode::kActorDied);
  EXPECT_FALSE(death.is_ready());
  gate.let_through();
  EXPECT_EQ(get(waiting).value(), 1);
  EXPECT_TRUE(get(death).value().is_expected);
}

TEST(AsyncEndTest, SoDoesTheEndOfTheLastHandle) {
  Gate gate;
  auto porter = actor<Porter>.with({.max_concurrency = 3})();
  const auto death = porter.monitor();
  const auto waiting = porter.call<&Porter::wait_at>(gate.path());
  gate.meet();

  porter = Actor<Porter>();
  gate.let_through();

  EXPECT_EQ(get(waiting).value(), 1);
  EXPECT_TRUE(get(death).value().is_expected);
}

TEST(AsyncEndTest, AfterAStopACallOfItselfFailsRatherThanWaitForEver) {
  Gate gate;
  const auto porter = actor<Porter>();
  const auto waiting = porter.call<&Porter::wait_and_call>(gate.path(), porter);
  gate.meet();

  porter.stop();
  gate.let_through();

  EXPECT_EQ(get(waiting).error().code, ErrorCode::kActorDied);
}

TEST(AsyncEndTest, AnErrorReachesAllWhoWait) {
  const auto hall = actor<Hall>();
  std::vector<ObjectRef<int>> visitors;
  for (int i = 0; i < 10; ++i) visitors.push_back(hall.call<&Hall::wait_or_error>());

  hall.call<&Hall::close>();

  for (const auto& visitor : visitors) EXPECT_EQ(get(visitor).error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace manta::async_test
