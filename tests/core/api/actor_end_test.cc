// SPDX-License-Identifier: Apache-2.0
// The ways in which an actor ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "tests/support/gate.h"
#include "tests/support/process_watch.h"

namespace manta::actor_end_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Host {
 public:
  int process() { return ::getpid(); }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 1;
  }
  int leave(int code) {
    std::printf("leaving now\n");
    std::_Exit(code);
  }
  int die(int signal) {
    ::raise(signal);
    return 0;
  }
  // A process that would live for ever.
  int start_child() {
    const pid_t child = ::fork();
    if (child == 0)
      for (;;) ::pause();
    return child;
  }
};

TEST(ActorEndTest, AKillEndsTheProcessAndThePendingCalls) {
  Gate gate;
  const auto host = actor<Host>();
  const auto running = host.call<&Host::stand_at>(gate.path());
  const auto waiting = host.call<&Host::process>();
  gate.meet();
  const ProcessWatch process(host.pid());

  host.kill();

  EXPECT_EQ(get(running).error().code, ErrorCode::kActorDied);
  EXPECT_THAT(get(waiting).error().message, HasSubstr("killed on request"));
  EXPECT_EQ(get(host.call<&Host::process>()).error().code, ErrorCode::kActorDied);
  EXPECT_FALSE(host.is_alive());
  EXPECT_EQ(host.pid(), 0);
  EXPECT_TRUE(process.has_ended());
}

TEST(ActorEndTest, AKillBeforeTheProcessHasStartedEndsItToo) {
  for (int round = 0; round < 20; ++round) {
    const auto host = actor<Host>();
    const auto call = host.call<&Host::process>();

    kill(host);

    const auto result = get(call);
    if (!result) {  // It may have answered before.
      EXPECT_EQ(result.error().code, ErrorCode::kActorDied);
    }
    EXPECT_EQ(get(host.call<&Host::process>()).error().code, ErrorCode::kActorDied);
  }
}

TEST(ActorEndTest, AnActorThatWaitsForResourcesCanBeKilled) {
  const auto holder = actor<Host>.with({.cpus = 2})();
  const auto waiting = actor<Host>.with({.cpus = 1})();
  const auto call = waiting.call<&Host::process>();
  EXPECT_EQ(waiting.pid(), 0);
  EXPECT_TRUE(waiting.is_alive());

  waiting.kill();

  EXPECT_EQ(get(call).error().code, ErrorCode::kActorDied);
  EXPECT_THAT(get(call).error().message, HasSubstr("before it started"));
  EXPECT_FALSE(waiting.is_alive());
}

TEST(ActorEndTest, AStopLetsTheCallsMadeBeforeFinish) {
  Gate gate;
  const auto host = actor<Host>();
  const auto running = host.call<&Host::stand_at>(gate.path());
  const auto next = host.call<&Host::process>();
  host.stop();
  gate.meet();
  const ProcessWatch process(host.pid());

  gate.let_through();

  EXPECT_EQ(get(running).value(), 1);
  EXPECT_TRUE(get(next));
  process.wait_until_ended();
  EXPECT_EQ(get(host.call<&Host::process>()).error().code, ErrorCode::kActorDied);
}

TEST(ActorEndTest, TheLastHandleEndsTheProcessAfterItsCalls) {
  auto host = actor<Host>();
  auto copy = host;
  const int pid = get(host.call<&Host::process>()).value();
  const ProcessWatch process(pid);
  host = {};
  const auto call = copy.call<&Host::process>();

  copy = {};

  EXPECT_EQ(get(call).value(), pid);
  process.wait_until_ended();
}

TEST(ActorEndTest, ManyStopsAndKillsAreAsOne) {
  const auto host = actor<Host>();
  ASSERT_TRUE(get(host.call<&Host::process>()));

  host.stop();
  host.kill();
  host.stop();
  host.kill();

  EXPECT_EQ(get(host.call<&Host::process>()).error().code, ErrorCode::kActorDied);
}

TEST(ActorEndTest, AnExitGivesItsCodeAndTheLastLines) {
  const auto host = actor<Host>();
  const auto first = host.call<&Host::leave>(42);
  const auto behind = host.call<&Host::process>();

  for (const auto& result : {get(first), get(behind), get(host.call<&Host::process>())}) {
    EXPECT_EQ(result.error().code, ErrorCode::kActorDied);
    EXPECT_THAT(result.error().message, AllOf(HasSubstr("exited with code 42"), HasSubstr("leaving now")));
  }
}

TEST(ActorEndTest, ASignalIsNamed) {
  const auto host = actor<Host>();

  const auto result = get(host.call<&Host::die>(SIGKILL));

  EXPECT_EQ(result.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("signal 9"), HasSubstr("pid"), HasSubstr("die")));
}

TEST(ActorEndTest, AKillFromOutsideIsNoticedWithoutACall) {
  const auto host = actor<Host>();
  const int pid = get(host.call<&Host::process>()).value();
  Gate gate;
  const auto running = host.call<&Host::stand_at>(gate.path());
  gate.meet();

  ::kill(pid, SIGKILL);

  EXPECT_THAT(get(running).error().message, HasSubstr("signal 9"));
}

TEST(ActorEndTest, ItsResourcesAreFreeAgain) {
  for (int round = 0; round < 3; ++round) {
    const auto host = actor<Host>.with({.cpus = 2, .gpus = 2})();
    ASSERT_TRUE(get(host.call<&Host::process>()));
    if (round == 1) host.kill();
  }

  EXPECT_TRUE(get(actor<Host>.with({.cpus = 2, .gpus = 2})().call<&Host::process>()));
}

TEST(ActorEndTest, ItsChildProcessesEndWithIt) {
  const auto host = actor<Host>();
  const ProcessWatch child(get(host.call<&Host::start_child>()).value());
  ASSERT_TRUE(child.is_watching());

  host.kill();

  child.wait_until_ended();
}

}  // namespace
}  // namespace manta::actor_end_test
