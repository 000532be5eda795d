// SPDX-License-Identifier: Apache-2.0
// Calls whose actor is dead, or dies: each learns once who, what, why and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/process_watch.h"

namespace manta::lost_call_test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Target {
 public:
  int process() { return ::getpid(); }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 1;
  }
  int measure(const std::string& text) { return static_cast<int>(text.size()); }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
};

class Bystander {
 public:
  std::string call(const Actor<Target>& target) { return get(target.call<&Target::process>()).error().message; }
  int process() { return ::getpid(); }
};

std::string call_in_task(const Actor<Target>& target) {
  const auto result = get(target.call<&Target::process>());
  return result ? "" : result.error().message;
}

TEST(LostCallTest, ACallOfADeadActorNamesCallerTargetMethodCauseAndAge) {
  const auto target = actor<Target>.with({.name = "victim"})();
  const int pid = get(target.call<&Target::process>()).value();
  ASSERT_FALSE(get(target.call<&Target::die>()));

  const auto lost = get(target.call<&Target::process>());

  EXPECT_EQ(lost.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(lost.error().message, HasSubstr("actor victim ("));
  EXPECT_THAT(lost.error().message, HasSubstr("Target, pid " + std::to_string(pid) + ") was killed by signal 9"));
  EXPECT_THAT(lost.error().message, ContainsRegex("[0-9.]+ m?s before .*Target::process was called by the driver"));
  EXPECT_THAT(lost.error().message, HasSubstr("the driver (pid " + std::to_string(::getpid()) + ")"));
}

TEST(LostCallTest, ACallerInAWorkerIsNamedToo) {
  const auto target = actor<Target>.with({.name = "victim"})();
  ASSERT_FALSE(get(target.call<&Target::die>()));
  const auto bystander = actor<Bystander>.with({.name = "witness"})();
  const int pid = get(bystander.call<&Bystander::process>()).value();

  EXPECT_THAT(get(remote<call_in_task>(target)).value(),
              AllOf(HasSubstr("call_in_task (pid"), HasSubstr("actor victim"), HasSubstr("signal 9")));
  const std::string told = get(bystander.call<&Bystander::call>(target)).value();
  EXPECT_THAT(told, HasSubstr("called by actor witness ("));
  EXPECT_THAT(told, HasSubstr("Bystander, pid " + std::to_string(pid) + ")"));
}

TEST(LostCallTest, CallsThatWereQueuedGetTheCauseEachOnce) {
  Gate gate;
  const auto target = actor<Target>();
  const auto standing = target.call<&Target::stand_at>(gate.path());
  std::vector<ObjectRef<int>> refs;
  const auto told = std::make_shared<std::atomic<int>>(0);  // Callbacks may come after the values.
  for (int i = 0; i < 1'000; ++i) {
    refs.push_back(target.call<&Target::process>());
    refs.back().then([told] {
      told->fetch_add(1);
      told->notify_one();
    });
  }
  gate.meet();

  ::kill(target.pid(), SIGKILL);

  EXPECT_THAT(get(standing).error().message, AllOf(HasSubstr("signal 9"), HasSubstr("before it answered")));
  for (const auto& ref : refs) {
    const auto lost = get(ref);
    ASSERT_EQ(lost.error().code, ErrorCode::kActorDied);
    ASSERT_THAT(lost.error().message, AllOf(HasSubstr("signal 9"), HasSubstr("Target::process, called by the driver")));
  }
  for (int seen = 0; (seen = told->load()) < 1'000;) told->wait(seen);
  EXPECT_EQ(told->load(), 1'000);
}

// Those beyond half a megabyte find no room in the ring to its process.
TEST(LostCallTest, CallsThatFoundNoRoomOnTheirWayGetTheCauseEachOnce) {
  constexpr int kCalls = 400;
  const std::string large(6'000, 'x');
  Gate gate;
  const auto target = actor<Target>.with({.name = "flooded"})();
  const auto standing = target.call<&Target::stand_at>(gate.path());
  gate.meet();
  std::vector<ObjectRef<int>> refs;
  const auto told = std::make_shared<std::atomic<int>>(0);  // Callbacks may come after the values.
  for (int i = 0; i < kCalls; ++i) {
    refs.push_back(target.call<&Target::measure>(large));
    refs.back().then([told] {
      told->fetch_add(1);
      told->notify_one();
    });
  }
  const auto unsent = [&] {
    std::uint64_t count = 0;
    const RuntimeStatus now = status().value();
    for (const WorkerStatus& worker : now.workers)
      if (worker.label == "flooded") count = std::max(count, worker.unsent_messages);
    return count;
  };
  ASSERT_GT(unsent(), 100u);

  ::kill(target.pid(), SIGKILL);

  EXPECT_THAT(get(standing).error().message, HasSubstr("signal 9"));
  for (const auto& ref : refs) {
    const auto lost = get(ref);
    ASSERT_EQ(lost.error().code, ErrorCode::kActorDied);
    ASSERT_THAT(lost.error().message, AllOf(HasSubstr("signal 9"), HasSubstr("Target::measure, called by the driver")));
  }
  for (int seen = 0; (seen = told->load()) < kCalls;) told->wait(seen);
  EXPECT_EQ(told->load(), kCalls);
}

TEST(LostCallTest, AStoppedActorIsRememberedAsLongAsItHasHandles) {
  const auto target = actor<Target>.with({.name = "retired"})();
  const ProcessWatch process(get(target.call<&Target::process>()).value());
  target.stop();
  process.wait_until_ended();
  while (target.is_alive()) static_cast<void>(get(target.call<&Target::process>()));

  EXPECT_THAT(get(target.call<&Target::process>()).error().message,
              AllOf(HasSubstr("actor retired"), HasSubstr("exited with code 0")));
}

TEST(LostCallTest, ADeadActorWithoutHandlesIsForgotten) {
  const std::size_t before = status()->actors.size();
  for (int round = 0; round < 20; ++round) {
    const auto target = actor<Target>();
    ASSERT_FALSE(get(target.call<&Target::die>()));
  }

  // The last handle is given back by whoever looks next.
  static_cast<void>(get(remote<call_in_task>(actor<Target>())));
  EXPECT_LE(status()->actors.size(), before + 2);
}

// Ids are never used again: an old handle cannot reach the new holder of the name.
TEST(LostCallTest, ANameCanBeUsedAgainAtOnceAHundredTimes) {
  std::vector<Actor<Target>> old;
  for (int round = 0; round < 100; ++round) {
    const auto target = actor<Target>.with({.name = "phoenix"})();
    const auto pid = get(target.call<&Target::process>());
    ASSERT_TRUE(pid) << pid.error().message;
    const auto found = get_actor<Target>("phoenix");
    ASSERT_TRUE(found);
    ASSERT_EQ(get(found->call<&Target::process>()).value(), *pid);
    const auto death = target.monitor();

    ::kill(*pid, SIGKILL);

    ASSERT_THAT(get(death).value().cause, HasSubstr("signal 9"));
    ASSERT_EQ(get_actor<Target>("phoenix").error().code, ErrorCode::kNotFound);
    old.push_back(target);
  }
  const auto living = actor<Target>.with({.name = "phoenix"})();
  ASSERT_TRUE(get(living.call<&Target::process>()));
  for (const auto& target : old) ASSERT_EQ(get(target.call<&Target::process>()).error().code, ErrorCode::kActorDied);
}

TEST(LostCallTest, ADeadActorPoisonsNothingThatComesAfter) {
  for (int round = 0; round < 50; ++round) {
    const auto target = actor<Target>();
    const bool dies = round % 2 == 0;
    if (dies) {
      ASSERT_FALSE(get(target.call<&Target::die>()));
    }
    ASSERT_EQ(get(remote<call_in_task>(target)).value().empty(), !dies);
    ASSERT_TRUE(get(actor<Target>().call<&Target::process>()));
  }
}

}  // namespace
}  // namespace manta::lost_call_test
