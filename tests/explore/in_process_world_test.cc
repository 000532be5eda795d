// SPDX-License-Identifier: Apache-2.0
// The world in one process is the runtime: tasks, actors, the store and deaths work in it as they do between processes.
#include "tests/support/in_process/in_process_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta::in_process_world_test {
namespace {

using namespace std::chrono_literals;

int add(int a, int b) { return a + b; }
std::vector<int> fill(int count) { return std::vector<int>(static_cast<std::size_t>(count), 7); }
Result<int> fibonacci(int n) {
  if (n < 2) return n;
  const auto a = remote<fibonacci>(n - 1);
  const auto b = remote<fibonacci>(n - 2);
  MANTA_ASSIGN_OR_RETURN(const int first, get(a));
  MANTA_ASSIGN_OR_RETURN(const int second, get(b));
  return first + second;
}
class Counter {
 public:
  int add(int by) { return count_ += by; }

 private:
  int count_ = 0;
};

// Goes on for as long as the counter lives.
int outlive(const Actor<Counter>& counter) { return get(counter.monitor()) ? 1 : 0; }

TEST(InProcessWorldTest, ATaskRunsWhenItsWorkerIsLetTo) {
  InProcessWorld world;
  const auto sum = remote<add>(1, 2);

  EXPECT_FALSE(sum.is_ready());
  world.settle();

  EXPECT_TRUE(sum.is_ready());
  EXPECT_EQ(get(sum).value(), 3);
}

TEST(InProcessWorldTest, WaitingWorkersLendTheirCpus) {
  InProcessWorld world;

  EXPECT_EQ(get(remote<fibonacci>(7)).value(), 13);
}

TEST(InProcessWorldTest, ValuesOfTheStoreTravelAndAllOfItReturns) {
  InProcessWorld world;
  {
    const auto values = remote<fill>(100'000);
    EXPECT_EQ(get(values).value().size(), 100'000u);
  }
  world.settle();
  const auto workers = world.living();
  for (const std::uint64_t worker : workers) world.kill(worker);
  world.settle();

  EXPECT_EQ(workers.size(), 1u);
  EXPECT_EQ(world.arena().used(), 0u);
}

TEST(InProcessWorldTest, ATaskThatADeadWorkerHadNotBegunIsPlacedElsewhere) {
  InProcessWorld world;
  const auto sum = remote<add>(1, 2);
  world.kill(world.living().at(0));

  EXPECT_EQ(get(sum).value(), 3);
}

TEST(InProcessWorldTest, ADeathInTheMiddleOfATaskFailsIt) {
  InProcessWorld world;
  const auto counter = actor<Counter>();
  const auto stuck = remote<outlive>(counter);
  world.settle();
  world.kill(world.living().at(1));

  const auto got = get(stuck);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kWorkerDied) << to_string(got.error());
}

TEST(InProcessWorldTest, AnActorEndsInOrderWithItsLastHandle) {
  InProcessWorld world;
  {
    const auto counter = actor<Counter>();
    counter.call<&Counter::add>(1);
    EXPECT_EQ(get(counter.call<&Counter::add>(1)).value(), 2);
  }
  world.settle();

  EXPECT_TRUE(world.living().empty());
  EXPECT_TRUE(world.launcher().killed().empty());
}

TEST(InProcessWorldTest, TimePassesOnlyWhenNothingElseCanHappen) {
  InProcessWorld world;
  const TimePoint begin = world.clock().now();
  const auto counter = actor<Counter>();
  EXPECT_EQ(get(remote<add>.with({.timeout = 10s})(1, 2)).value(), 3);
  EXPECT_EQ(world.clock().now(), begin);

  const auto got = get(remote<outlive>.with({.timeout = 10s})(counter));

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kTimeout) << to_string(got.error());
  EXPECT_EQ(world.clock().now(), begin + 10s);
}

// One that is in the kernel and does not come out.
class StuckTest : public ::testing::Test {
 protected:
  StuckTest() {
    EXPECT_EQ(get(held_.call<&Counter::add>(1)).value(), 1);
    world_.launcher().keep_ends_secret();
  }
  std::vector<std::string> states() {
    std::vector<std::string> states;
    const RuntimeStatus status = world_.node().status().value();
    for (const WorkerStatus& worker : status.workers) states.push_back(worker.state);
    return states;
  }

  InProcessWorld world_;
  const Actor<Counter> held_ = actor<Counter>.with({.cpus = 2})();
  const std::uint64_t worker_ = world_.living().at(0);
};

TEST_F(StuckTest, WhoWaitsForAProcessThatSigkillDoesNotEndIsToldAfterAMinute) {
  const TimePoint begin = world_.clock().now();
  held_.kill();
  const auto got = get(held_.call<&Counter::add>(1));

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(got.error().message, ::testing::HasSubstr("was killed on request, but has not ended 60 s later: "));
  EXPECT_EQ(world_.clock().now(), begin + 60s);
  EXPECT_THAT(states(), ::testing::ElementsAre("stuck"));
}

TEST_F(StuckTest, WhatItHasIsGivenToOthersOnlyWhenItHasEnded) {
  held_.kill();
  static_cast<void>(get(held_.call<&Counter::add>(1)));
  const auto sum = remote<add>(1, 2);
  world_.settle();
  EXPECT_FALSE(sum.is_ready());
  EXPECT_TRUE(world_.living().empty());

  world_.launcher().tell_end(worker_);
  world_.settle();

  EXPECT_EQ(get(sum).value(), 3);
  EXPECT_THAT(states(), ::testing::Not(::testing::Contains("stuck")));
}

TEST_F(StuckTest, OneThatEndsInTimeIsNotStuck) {
  held_.kill();
  const auto call = held_.call<&Counter::add>(1);
  world_.launcher().tell_end(worker_);

  EXPECT_THAT(get(call).error().message, ::testing::Not(::testing::HasSubstr("has not ended")));
  EXPECT_EQ(get(remote<add>(1, 2)).value(), 3);
}

}  // namespace
}  // namespace manta::in_process_world_test
