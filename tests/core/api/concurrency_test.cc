// SPDX-License-Identifier: Apache-2.0
// Actors with several threads, limits on pending calls, several results, deaths as values, and the runtime's status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::concurrency_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Each waits until as many as `expected` are inside at once.
class Barrier {
 public:
  int enter(int expected) {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return arrived_ >= expected; });
    return arrived_;
  }
  int add(int by) { return sum_ += by; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;  // Guarded by mutex_.
  std::atomic<int> sum_{0};
};

TEST(MaxConcurrencyTest, AsManyCallsOverlapAsThereAreThreads) {
  const auto barrier = actor<Barrier>.with({.max_concurrency = 4})();
  std::vector<ObjectRef<int>> inside;
  for (int i = 0; i < 4; ++i) inside.push_back(barrier.call<&Barrier::enter>(4));

  for (const auto& ref : inside) EXPECT_EQ(get(ref).value(), 4);
}

TEST(MaxConcurrencyTest, EveryCallIsAnsweredAndItStopsInTheEnd) {
  const auto barrier = actor<Barrier>.with({.max_concurrency = 3})();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 500; ++i) refs.push_back(barrier.call<&Barrier::add>(1));
  const auto death = barrier.monitor();
  barrier.stop();

  int most = 0;
  for (const auto& ref : refs) most = std::max(most, get(ref).value());
  EXPECT_EQ(most, 500);
  EXPECT_TRUE(get(death).value().is_expected);
}

class Host {
 public:
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 1;
  }
  int number(int value) { return value; }
  std::tuple<int, std::string, SharedArray<double>> three(int value) {
    auto array = make_array<double>({5'000}).value();
    std::fill(array.begin(), array.end(), 1.5);
    return {value, "three", std::move(array).seal()};
  }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
};

TEST(MaxPendingCallsTest, ACallTooManyFailsWhenToldSo) {
  Gate gate;
  const auto host = actor<Host>.with({.max_pending_calls = 2, .when_full = WhenFull::kFail})();
  const auto first = host.call<&Host::stand_at>(gate.path());
  const auto second = host.call<&Host::number>(2);

  const auto third = get(host.call<&Host::number>(3));
  EXPECT_EQ(third.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(third.error().message, HasSubstr("max_pending_calls"));

  gate.meet();
  gate.let_through();
  EXPECT_EQ(get(first).value(), 1);
  EXPECT_EQ(get(second).value(), 2);
  EXPECT_EQ(get(host.call<&Host::number>(4)).value(), 4);
}

TEST(MaxPendingCallsTest, OrItWaits) {
  const auto host = actor<Host>.with({.max_pending_calls = 3})();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 200; ++i) {
    refs.push_back(host.call<&Host::number>(i));
    std::size_t pending = 0;
    for (const auto& ref : refs) pending += ref.is_ready() ? 0 : 1;
    ASSERT_LE(pending, 3u);
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(get(refs[static_cast<std::size_t>(i)]).value(), i);
}

int call_with_limit(const Actor<Host>& host) {
  int sum = 0;
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 50; ++i) refs.push_back(host.call<&Host::number>(1));
  for (const auto& ref : refs) sum += get(ref).value();
  return sum;
}

int call_and_forget(const Actor<Host>& host) {
  for (int i = 0; i < 50; ++i) host.call<&Host::number>(1);
  return get(host.call<&Host::number>(7)).value();
}

TEST(MaxPendingCallsTest, ACallWhoseRefIsThrownAwayMakesRoomToo) {
  const auto host = actor<Host>.with({.max_pending_calls = 2})();

  EXPECT_EQ(call_and_forget(host), 7);
  EXPECT_EQ(get(remote<call_and_forget>(host)).value(), 7);
}

TEST(MaxPendingCallsTest, TheLimitTravelsWithTheHandle) {
  const auto host = actor<Host>.with({.max_pending_calls = 2})();

  EXPECT_EQ(get(remote<call_with_limit>(host)).value(), 50);
}

std::tuple<int, std::string> split(int number) { return {number, std::to_string(number)}; }
Result<std::tuple<int, int>> divide(int a, int b) {
  if (b == 0) return Error{ErrorCode::kInvalidArgument, "divided by zero"};
  return std::tuple<int, int>(a / b, a % b);
}
int length(const std::string& text) { return static_cast<int>(text.size()); }
int split_in_worker() {
  const auto [number, text] = remote<split>(12'345);
  return get(number).value() + get(remote<length>(text)).value();
}

TEST(SeveralResultsTest, ATupleGivesARefOfEachElement) {
  const auto [number, text] = remote<split>(4'711);

  EXPECT_EQ(get(number).value(), 4'711);
  EXPECT_EQ(get(remote<length>(text)).value(), 4);
  EXPECT_EQ(get(text).value(), "4711");
}

TEST(SeveralResultsTest, AnErrorIsThatOfEach) {
  const auto [quotient, rest] = remote<divide>(17, 5);
  EXPECT_EQ(get(quotient).value(), 3);
  EXPECT_EQ(get(rest).value(), 2);

  const auto [first, second] = remote<divide>(17, 0);
  EXPECT_THAT(get(first).error().message, HasSubstr("zero"));
  EXPECT_THAT(get(second).error().message, HasSubstr("zero"));
}

TEST(SeveralResultsTest, AMethodHasThemToo) {
  const auto host = actor<Host>();

  const auto [number, text, array] = host.call<&Host::three>(3);

  EXPECT_EQ(get(number).value(), 3);
  EXPECT_EQ(get(text).value(), "three");
  EXPECT_EQ(get(array).value()[4'999], 1.5);
}

TEST(SeveralResultsTest, AlsoInAWorker) { EXPECT_EQ(get(remote<split_in_worker>()).value(), 12'350); }

std::string death_seen_by_worker(const Actor<Host>& host) {
  const auto death = host.monitor();
  host.call<&Host::die>();
  return get(death).value().cause;
}

TEST(MonitorTest, ADeathIsAValue) {
  const auto host = actor<Host>();
  const auto death = host.monitor();
  EXPECT_EQ(get(host.call<&Host::number>(1)).value(), 1);
  EXPECT_FALSE(death.is_ready());

  host.call<&Host::die>();

  EXPECT_EQ(get(death).value().code, ErrorCode::kActorDied);
  EXPECT_THAT(get(death).value().cause, AllOf(HasSubstr("Host"), HasSubstr("signal 9")));
  EXPECT_FALSE(get(death).value().is_expected);
  EXPECT_FALSE(get(host.monitor()).value().is_expected) << "also for who asks later";
}

TEST(MonitorTest, OneThatIsKilledOrStoppedIsExpected) {
  const auto killed = actor<Host>();
  const auto stopped = actor<Host>();
  const auto death = killed.monitor();
  const auto end = stopped.monitor();

  killed.kill();
  stopped.stop();

  EXPECT_TRUE(get(death).value().is_expected);
  EXPECT_TRUE(get(end).value().is_expected);
}

TEST(MonitorTest, ACrashAfterAStopIsNotExpected) {
  const auto host = actor<Host>();
  const auto death = host.monitor();

  host.call<&Host::die>();
  host.stop();

  EXPECT_FALSE(get(death).value().is_expected);
}

TEST(MonitorTest, ARestartIsNoDeath) {
  const auto host = actor<Host>.with({.max_restarts = 1})();
  const auto death = host.monitor();

  EXPECT_FALSE(get(host.call<&Host::die>()));
  EXPECT_EQ(get(host.call<&Host::number>(5)).value(), 5);
  EXPECT_FALSE(death.is_ready());
  EXPECT_FALSE(get(host.call<&Host::die>()));

  EXPECT_FALSE(get(death).value().is_expected);
}

TEST(MonitorTest, AWorkerSeesItToo) {
  const auto host = actor<Host>();

  EXPECT_THAT(get(remote<death_seen_by_worker>(host)).value(), HasSubstr("signal 9"));
}

std::string status_in_worker() { return to_string(status().value()); }

TEST(StatusTest, ItShowsObjectsAndWhoHoldsThem) {
  const auto large = put(std::vector<double>(200'000));
  const auto second = large;

  const RuntimeStatus now = status().value();

  EXPECT_GE(now.object_count, 1u);
  EXPECT_THAT(to_string(now),
              AllOf(HasSubstr("objects in the store: "), HasSubstr("driver  put"), HasSubstr("driver x2")));
  EXPECT_THAT(to_string(now, 0), HasSubstr("more"));
}

TEST(StatusTest, ItShowsActorsWorkersAndQueues) {
  Gate gate;
  const auto host = actor<Host>.with({.cpus = 1, .name = "shown"})();
  const auto waiting = actor<Host>.with({.cpus = 2, .name = "hidden"})();
  ASSERT_EQ(get(host.call<&Host::number>(1)).value(), 1);  // Its constructor has been answered, too.
  const auto standing = host.call<&Host::stand_at>(gate.path());
  gate.meet();
  const auto queued = host.call<&Host::number>(1);

  const RuntimeStatus now = status().value();

  const auto actor = [&](const std::string& name) {
    for (const ActorInfo& info : now.actors)
      if (info.name == name) return info;
    return ActorInfo{};
  };
  EXPECT_EQ(actor("shown").state, "alive");
  EXPECT_EQ(actor("shown").pid, host.pid());
  EXPECT_EQ(actor("shown").queued_calls, 2u);
  EXPECT_EQ(actor("hidden").state, "pending");
  EXPECT_GT(now.store_bytes_capacity, 0u);
  EXPECT_THAT(to_string(now), AllOf(HasSubstr("shown"), HasSubstr("pending"), HasSubstr("2 CPUs")));
  EXPECT_THAT(to_string(now, 1), HasSubstr("more"));
  EXPECT_THAT(get(remote<status_in_worker>()).value(), HasSubstr("shown"));
  gate.let_through();
  EXPECT_EQ(get(standing).value() + get(queued).value(), 2);
}

// Those of one test: those of others may not have ended yet.
std::vector<ActorInfo> listed(const std::string& prefix) {
  std::vector<ActorInfo> actors = list_actors().value();
  std::erase_if(actors, [&](const ActorInfo& info) { return !info.name.starts_with(prefix); });
  return actors;
}
std::vector<std::string> names_listed(const std::string& prefix) {
  std::vector<std::string> names;
  for (const ActorInfo& info : listed(prefix)) names.push_back(info.name);
  return names;
}

TEST(ListActorsTest, ItHasAllInTheOrderOfTheirMakingWithWhatTheyDo) {
  Gate gate;
  const auto busy = actor<Host>.with({.max_restarts = 3, .name = "all: busy"})();
  ASSERT_EQ(get(busy.call<&Host::number>(1)).value(), 1);  // Its constructor has been answered, too.
  const auto standing = busy.call<&Host::stand_at>(gate.path());
  gate.meet();
  const auto queued = busy.call<&Host::number>(2);
  const auto dead = actor<Host>.with({.name = "all: dead"})();
  const auto death = dead.monitor();
  dead.kill();
  ASSERT_TRUE(get(death));

  const std::vector<ActorInfo> actors = listed("all: ");

  ASSERT_EQ(actors.size(), 2u);
  EXPECT_EQ(actors[0].name, "all: busy");
  EXPECT_THAT(actors[0].type, HasSubstr("Host"));
  EXPECT_EQ(actors[0].state, "alive");
  EXPECT_EQ(actors[0].pid, busy.pid());
  EXPECT_EQ(actors[0].owner_pid, 0) << "the driver";
  EXPECT_EQ(actors[0].queued_calls, 2u);
  EXPECT_EQ(actors[0].restarts_left, 3);
  EXPECT_THAT(actors[0].running, HasSubstr("Host::stand_at"));
  EXPECT_EQ(actors[1].name, "all: dead");
  EXPECT_EQ(actors[1].state, "dead");
  EXPECT_EQ(actors[1].pid, 0);
  EXPECT_LT(actors[0].id, actors[1].id);
  gate.let_through();
  EXPECT_EQ(get(standing).value() + get(queued).value(), 3);
}

TEST(ListActorsTest, AWorkerSeesTheSame) {
  const auto one = actor<Host>.with({.name = "seen: one"})();
  const auto two = actor<Host>.with({.name = "seen: two"})();

  EXPECT_THAT(get(remote<names_listed>(std::string("seen: "))).value(),
              ::testing::ElementsAre("seen: one", "seen: two"));
}

TEST(ListActorsTest, OneWithoutHandlesIsForgottenOnceItHasEnded) {
  ObjectRef<ActorDeath> death;
  {
    const auto host = actor<Host>.with({.name = "short: one"})();
    death = host.monitor();
  }
  ASSERT_TRUE(get(death));

  EXPECT_TRUE(listed("short: ").empty());
}

}  // namespace
}  // namespace manta::concurrency_test
