// SPDX-License-Identifier: Apache-2.0
// Actors that wait for themselves, or for each other in a circle: they are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "core/api/stream.h"

namespace manta::waiting_actor_test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Knot {
 public:
  int number(int value) { return value; }
  Generator<int> numbers() {
    const int one = 1;
    co_yield one;
  }

  Result<int> get_own(const Actor<Knot>& self) { return get(self.call<&Knot::number>(1)); }
  Result<int> get_own_in_time(const Actor<Knot>& self) {
    return get(self.call<&Knot::number>(1), std::chrono::milliseconds(1));
  }
  Result<int> get_some_own(const Actor<Knot>& self) {
    const auto all = get(std::vector{put(1), self.call<&Knot::number>(2), self.call<&Knot::number>(3)});
    return all ? Result<int>(all->back()) : all.error();
  }
  Result<int> read_own(const Actor<Knot>& self) {
    Stream<int> stream = self.call<&Knot::numbers>();
    const Result<std::optional<int>> first = stream.next();
    return first ? Result<int>(first->value_or(0)) : first.error();
  }
  // Which of three were ready, and which of these were errors.
  std::string wait_for(const Actor<Knot>& self, std::size_t count) {
    const std::vector refs = {self.call<&Knot::number>(1), put(2), self.call<&Knot::number>(3)};
    std::string seen;
    for (const std::size_t i : wait_indices(refs, count)) seen += std::to_string(i) + (get(refs[i]) ? "v" : "e");
    return seen;
  }
  // One of two calls is answered, but its answer may not be here yet.
  Async<Result<int>> get_answered(Actor<Knot> self) {
    const ObjectRef<int> first = self.call<&Knot::number>(1);
    const ObjectRef<int> second = self.call<&Knot::number>(2);
    const Result<int> two = co_await second;
    if (!two) co_return two.error();
    co_return get(first);
  }
  Async<Result<int>> await_own(Actor<Knot> self) {
    const ObjectRef<int> own = self.call<&Knot::number>(5);
    co_return co_await own;
  }
  Result<int> nest(const Actor<Knot>& self, int depth) {
    if (depth == 0) return 0;
    const Result<int> inner = get(self.call<&Knot::nest>(self, depth - 1));
    return inner ? Result<int>(*inner + 1) : inner.error();
  }
  Result<int> call_often(const Actor<Knot>& self, int count) {
    ObjectRef<int> last;
    for (int i = 0; i < count; ++i) last = self.call<&Knot::number>(i);
    return last.is_ready() ? get(last) : Result<int>(0);
  }
};

// Its name is free then.
template <class T>
void end(const Actor<T>& actor) {
  const ObjectRef<ActorDeath> death = actor.monitor();
  actor.kill();
  EXPECT_TRUE(get(death));
}

class WaitingForItselfTest : public ::testing::Test {
 protected:
  ~WaitingForItselfTest() override { end(knot_); }
  void expect_it_goes_on() { EXPECT_EQ(get(knot_.call<&Knot::number>(7)).value(), 7); }

  const Actor<Knot> knot_ = actor<Knot>.with({.name = "knot", .max_pending_calls = 2})();
};

TEST_F(WaitingForItselfTest, AGetOfACallOnItselfFailsAtOnceAndTheActorGoesOn) {
  const Result<int> own = get(knot_.call<&Knot::get_own>(knot_));

  EXPECT_EQ(own.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(own.error().message, AllOf(HasSubstr("actor knot ("), HasSubstr("Knot::number"),
                                         HasSubstr("this actor waits for itself: use co_await")));
  expect_it_goes_on();
}

TEST_F(WaitingForItselfTest, SoDoAGetOfManyAndAStream) {
  EXPECT_THAT(get(knot_.call<&Knot::get_some_own>(knot_)).error().message, HasSubstr("waits for itself"));
  EXPECT_THAT(get(knot_.call<&Knot::read_own>(knot_)).error().message, HasSubstr("waits for itself"));
  expect_it_goes_on();
}

TEST_F(WaitingForItselfTest, AWaitCountsThemAsErrorsOnlyIfItNeedsThem) {
  EXPECT_EQ(get(knot_.call<&Knot::wait_for>(knot_, std::size_t{1})).value(), "1v");
  EXPECT_EQ(get(knot_.call<&Knot::wait_for>(knot_, std::size_t{3})).value(), "0e1v2e");
  expect_it_goes_on();
}

TEST_F(WaitingForItselfTest, ATimeoutIsOne) {
  EXPECT_EQ(get(knot_.call<&Knot::get_own_in_time>(knot_)).error().code, ErrorCode::kTimeout);
  expect_it_goes_on();
}

TEST_F(WaitingForItselfTest, ACoroutineMayAwaitItsOwnActor) {
  EXPECT_EQ(get(knot_.call<&Knot::await_own>(knot_)).value(), 5);
}

TEST_F(WaitingForItselfTest, WhatIsAnsweredIsGot) {
  for (int round = 0; round < 50; ++round) ASSERT_EQ(get(knot_.call<&Knot::get_answered>(knot_)).value(), 1);
}

TEST_F(WaitingForItselfTest, ACallBeyondTheLimitFailsAtOnceAndTheOthersRun) {
  const Result<int> own = get(knot_.call<&Knot::call_often>(knot_, 3));

  EXPECT_EQ(own.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(own.error().message,
              AllOf(HasSubstr("actor knot ("), HasSubstr("Knot::number"), HasSubstr("max_pending_calls allows, 2,")));
  EXPECT_EQ(get(knot_.call<&Knot::call_often>(knot_, 2)).value(), 0) << "these find room";
  expect_it_goes_on();
}

TEST(WaitingForItselfWithThreadsTest, OnlyTheLastThreadIsTold) {
  const auto knot = actor<Knot>.with({.max_concurrency = 3})();

  EXPECT_EQ(get(knot.call<&Knot::nest>(knot, 2)).value(), 2);
  EXPECT_THAT(get(knot.call<&Knot::nest>(knot, 3)).error().message, HasSubstr("waits for itself"));
  EXPECT_EQ(get(knot.call<&Knot::nest>(knot, 2)).value(), 2);
}

// Two of them call each other, more often than they may.
class Peer {
 public:
  void meet(const Actor<Peer>& other) { other_ = other; }
  // So many calls, one after the other, that those after them go by shared memory.
  void call_in_turn(int count) {
    for (int i = 0; i < count; ++i) static_cast<void>(get(other_.call<&Peer::rest>()));
  }
  void rest() {}
  void answer() { call_back(); }
  void call_back() { call<&Peer::rest>(); }
  void begin() { call<&Peer::answer>(); }
  std::vector<std::string> refusals() { return refusals_; }

 private:
  template <auto M>
  void call() {
    for (int i = 0; i < 3; ++i) {
      const ObjectRef<void> ref = other_.call<M>();
      if (const Result<void> result = get(ref, Duration::zero());
          !result && result.error().code == ErrorCode::kExhausted)
        refusals_.push_back(result.error().message);
    }
  }

  Actor<Peer> other_;
  std::vector<std::string> refusals_;
};

class WaitingForEachOtherTest : public ::testing::TestWithParam<int> {
 protected:
  WaitingForEachOtherTest() {
    get(left_.call<&Peer::meet>(right_)).value();
    get(right_.call<&Peer::meet>(left_)).value();
    get(left_.call<&Peer::call_in_turn>(GetParam())).value();
    get(right_.call<&Peer::call_in_turn>(GetParam())).value();
  }
  ~WaitingForEachOtherTest() override {
    end(left_);  // Each has a handle to the other.
    end(right_);
  }

  const Actor<Peer> left_ = actor<Peer>.with({.name = "left", .max_pending_calls = 1})();
  const Actor<Peer> right_ = actor<Peer>.with({.name = "right", .max_pending_calls = 1})();
};

TEST_P(WaitingForEachOtherTest, OneOfThemIsToldAndBothGoOn) {
  get(left_.call<&Peer::begin>()).value();

  std::vector<std::string> refusals = get(left_.call<&Peer::refusals>()).value();
  for (const std::string& refusal : get(right_.call<&Peer::refusals>()).value()) refusals.push_back(refusal);
  EXPECT_THAT(refusals, Not(IsEmpty()));
  EXPECT_THAT(refusals,
              Each(AllOf(HasSubstr("actor "), HasSubstr("Peer::"), HasSubstr("max_pending_calls allows, 1,"))));
  get(left_.call<&Peer::rest>()).value();
  get(right_.call<&Peer::rest>()).value();
}

TEST_P(WaitingForEachOtherTest, WhoseCalleeWaitsForNobodyIsNotTold) {
  get(left_.call<&Peer::call_back>()).value();

  EXPECT_THAT(get(left_.call<&Peer::refusals>()).value(), IsEmpty());
  EXPECT_THAT(get(right_.call<&Peer::refusals>()).value(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(ByTheNodeAndDirectly, WaitingForEachOtherTest, ::testing::Values(0, 100));

// One of some that stand in a circle, each of which knows the next.
class Link {
 public:
  void meet(const Actor<Link>& next) { next_ = next; }
  void call_in_turn(int count) {
    for (int i = 0; i < count; ++i) static_cast<void>(get(next_.call<&Link::number>(i)));
  }
  int number(int value) { return value; }
  Generator<int> numbers() {
    const int one = 1;
    co_yield one;
  }
  // Waits for the one that is so many further, by way of those between.
  Result<int> pass(int further) {
    return get(further > 1 ? next_.call<&Link::pass>(further - 1) : next_.call<&Link::number>(1));
  }
  Result<int> pass_some(int further) {
    const auto both = get(std::vector{put(1), further > 1 ? next_.call<&Link::pass_some>(further - 1)
                                                          : next_.call<&Link::number>(1)});
    return both ? Result<int>(both->back()) : both.error();
  }
  Result<int> read(int further) {
    if (further > 1) return get(next_.call<&Link::read>(further - 1));
    Stream<int> stream = next_.call<&Link::numbers>();
    const Result<std::optional<int>> first = stream.next();
    return first ? Result<int>(first->value_or(0)) : first.error();
  }
  Result<int> pass_in_time(int further) {
    return get(further > 1 ? next_.call<&Link::pass_in_time>(further - 1) : next_.call<&Link::number>(1),
               std::chrono::milliseconds(1));
  }

 private:
  Actor<Link> next_;
};

struct CircleParameters {
  int links = 2;
  int calls_before = 0;
};

class CircleTest : public ::testing::TestWithParam<CircleParameters> {
 protected:
  CircleTest() {
    for (int i = 0; i < size(); ++i) links_.push_back(actor<Link>.with({.name = "link" + std::to_string(i)})());
    for (std::size_t i = 0; i < links_.size(); ++i)
      get(links_[i].call<&Link::meet>(links_[(i + 1) % links_.size()])).value();
    for (const auto& link : links_) get(link.call<&Link::call_in_turn>(GetParam().calls_before)).value();
  }
  ~CircleTest() override {
    for (const auto& link : links_) end(link);  // Each has a handle to the next.
  }

  static int size() { return GetParam().links; }
  // All of them are named, the first one again at the end.
  static void expect_told(const Result<int>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_THAT(result.error().message, AllOf(HasSubstr("nobody is left to answer"), HasSubstr("use co_await")));
    for (int i = 0; i < size(); ++i)
      EXPECT_THAT(result.error().message, HasSubstr("actor link" + std::to_string(i) + " ("));
  }
  void expect_they_go_on() {
    for (const auto& link : links_) EXPECT_EQ(get(link.call<&Link::pass>(1)).value(), 1);
  }

  std::vector<Actor<Link>> links_;
};

TEST_P(CircleTest, AGetThatClosesItIsTold) {
  expect_told(get(links_[0].call<&Link::pass>(size())));
  expect_they_go_on();
}

TEST_P(CircleTest, SoAreAGetOfManyAndAStream) {
  expect_told(get(links_[0].call<&Link::pass_some>(size())));
  expect_told(get(links_[0].call<&Link::read>(size())));
  expect_they_go_on();
}

TEST_P(CircleTest, AllMayBeginAtOnce) {
  std::vector<ObjectRef<int>> refs;
  for (const auto& link : links_) refs.push_back(link.call<&Link::pass>(size()));

  for (const auto& ref : refs) {
    const Result<int> result = get(ref);
    EXPECT_TRUE(result || result.error().code == ErrorCode::kFailedPrecondition);
  }
  // Calls of those that were told run all the same, and may stand in a circle with others that wait.
  for (const auto& link : links_) EXPECT_EQ(get(link.call<&Link::number>(3)).value(), 3);
}

TEST_P(CircleTest, ATimeoutIsOne) {
  EXPECT_EQ(get(links_[0].call<&Link::pass_in_time>(size())).error().code, ErrorCode::kTimeout);
  expect_they_go_on();
}

TEST_P(CircleTest, WhoeverIsInNoneIsNotTold) {
  for (int round = 0; round < 20; ++round)
    for (const auto& link : links_) ASSERT_EQ(get(link.call<&Link::pass>(size() - 1)).value(), 1);
}

INSTANTIATE_TEST_SUITE_P(ByTheNodeAndDirectly, CircleTest,
                         ::testing::Values(CircleParameters{2, 0}, CircleParameters{2, 100}, CircleParameters{3, 0},
                                           CircleParameters{3, 100}),
                         [](const auto& test) {
                           return std::to_string(test.param.links) + (test.param.calls_before > 0 ? "Directly" : "");
                         });

}  // namespace
}  // namespace manta::waiting_actor_test
