// SPDX-License-Identifier: Apache-2.0
// Calls of actors that take longer than ActorOptions::timeout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::actor_timeout_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Longer than a busy machine lets a short call wait.
constexpr Duration kShort = std::chrono::milliseconds(300);

int stand(const std::string& gate) {
  Gate::stand_at(gate);
  return 1;
}

class Clerk {
 public:
  explicit Clerk(bool is_stuck = false) {
    if (is_stuck) for_ever();
  }

  int count() { return ++count_; }
  int for_ever() {
    for (;;) ::pause();
  }
  int for_ever_once(const std::string& mark) {
    if (!std::filesystem::create_directory(mark)) return 7;
    return for_ever();
  }
  int wait_for(const ObjectRef<int>& ref) { return get(ref).value(); }
  Async<int> wait_aside(ObjectRef<int> ref) { co_return (co_await ref).value() + 1; }

 private:
  int count_ = 0;
};

class Client {
 public:
  // Often enough that calls go directly.
  std::string stuck_call(Actor<Clerk> clerk) {
    for (int i = 0; i < 100; ++i)
      if (!get(clerk.call<&Clerk::count>())) return "the actor has died too early";
    return get(clerk.call<&Clerk::for_ever>()).error().message;
  }
};

// Passes time: a call of an actor has its time and more.
void pass_more_than(Duration timeout) {
  const auto clerk = actor<Clerk>.with({.timeout = 2 * timeout})();
  EXPECT_FALSE(get(clerk.call<&Clerk::for_ever>()));
}

TEST(ActorTimeoutTest, ACallThatTakesTooLongEndsTheActorAndIsNamed) {
  const auto clerk = actor<Clerk>.with({.name = "the clerk", .timeout = kShort})();
  ASSERT_EQ(get(clerk.call<&Clerk::count>()).value(), 1);

  const auto stuck = clerk.call<&Clerk::for_ever>();
  const auto behind = clerk.call<&Clerk::count>();

  for (const auto& ref : {stuck, behind}) {
    const auto outcome = get(ref);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kActorDied);
    EXPECT_THAT(outcome.error().message, AllOf(HasSubstr("the clerk"), HasSubstr("Clerk::for_ever had run longer than its timeout")));
  }
}

TEST(ActorTimeoutTest, TheNextOneFindsItStartedAgain) {
  const auto clerk = actor<Clerk>.with({.max_restarts = 1, .timeout = kShort})();
  const auto stuck = clerk.call<&Clerk::for_ever>();

  EXPECT_EQ(get(stuck).error().code, ErrorCode::kActorDied);
  EXPECT_EQ(get(clerk.call<&Clerk::count>()).value(), 1);
  EXPECT_FALSE(get(clerk.call<&Clerk::for_ever>())) << "after a restart there is a timeout too";
}

TEST(ActorTimeoutTest, ACallThatMayBeMadeAgainIs) {
  const Gate folder;  // Whose folder goes with it.
  const auto clerk = actor<Clerk>.with({.max_restarts = 1, .max_task_retries = 1, .timeout = kShort})();

  EXPECT_EQ(get(clerk.call<&Clerk::for_ever_once>(folder.path() + "-mark")).value(), 7);
}

TEST(ActorTimeoutTest, AConstructorHasAsLong) {
  const auto clerk = actor<Clerk>.with({.timeout = kShort})(true);

  const auto outcome = get(clerk.call<&Clerk::count>());

  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(outcome.error().message, HasSubstr("longer than its timeout"));
}

TEST(ActorTimeoutTest, ACallThatComesDirectlyHasNoLonger) {
  const auto clerk = actor<Clerk>.with({.timeout = kShort})();
  const auto client = actor<Client>();

  const auto message = get(client.call<&Client::stuck_call>(clerk));

  EXPECT_THAT(message.value(), HasSubstr("Clerk::for_ever had run longer than its timeout"));
}

TEST(ActorTimeoutTest, OneOfSeveralThreadsIsEnough) {
  const auto clerk = actor<Clerk>.with({.max_concurrency = 2, .timeout = kShort})();
  const auto stuck = clerk.call<&Clerk::for_ever>();

  EXPECT_EQ(get(clerk.call<&Clerk::count>()).value(), 1);
  EXPECT_THAT(get(stuck).error().message, HasSubstr("Clerk::for_ever had run longer than its timeout"));
}

TEST(ActorTimeoutTest, WaitsCount) {
  Gate gate;
  const auto number = remote<stand>(gate.path());
  gate.meet();
  const auto clerk = actor<Clerk>.with({.timeout = kShort})();

  EXPECT_FALSE(get(clerk.call<&Clerk::wait_for>(std::vector{number}.front())));
  gate.let_through();
}

TEST(ActorTimeoutTest, NeitherRestNorTheWaitOfACoroutineDoes) {
  const auto resting = actor<Clerk>.with({.timeout = kShort})();
  const auto other = actor<Clerk>.with({.timeout = kShort})();
  Promise<int> promise;
  const auto waiting = other.call<&Clerk::wait_aside>(promise.ref());
  ASSERT_EQ(get(resting.call<&Clerk::count>()).value(), 1);

  pass_more_than(kShort);
  promise.set(2);

  EXPECT_EQ(get(resting.call<&Clerk::count>()).value(), 2);
  EXPECT_EQ(get(waiting).value(), 3);
}

TEST(ActorTimeoutTest, OneThatIsInTimeIsNotTouched) {
  for (const Duration timeout : {Duration(std::chrono::hours(1)), kForever}) {
    const auto clerk = actor<Clerk>.with({.timeout = timeout})();
    EXPECT_EQ(get(clerk.call<&Clerk::count>()).value(), 1);
  }
}

TEST(ActorTimeoutTest, ANegativeOneIsRefused) {
  const auto clerk = actor<Clerk>.with({.timeout = Duration(-1)})();

  EXPECT_THAT(get(clerk.call<&Clerk::count>()).error().message, HasSubstr("ActorOptions::timeout is -1"));
}

}  // namespace
}  // namespace manta::actor_timeout_test
