// SPDX-License-Identifier: Apache-2.0
// Ends and deaths of actors that call each other without the node: nobody waits for ever, and nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <random>
#include <string>

#include "tests/core/api/direct_call_actors.h"

namespace manta::direct::direct_death_test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// Of the driver: the memory that the node page and all pairs take.
std::int64_t bytes_of_pairs() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string().find("manta-node") == std::string::npos) continue;
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) == 0) return std::int64_t{status.st_blocks} * 512;
  }
  return 0;
}

TEST(DirectDeathTest, TheyOutliveWhoMadeTheCall) {
  Gate gate;
  const auto callee = actor<Callee>();
  auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto stood = get(client.call<&Client::stand>(gate.path())).value();
  const auto waiting = get(client.call<&Client::hand_on>(3)).value();
  const auto many = get(client.call<&Client::hand_many_on>(50'000)).value();
  gate.meet();

  ::kill(client.pid(), SIGKILL);
  static_cast<void>(get(client.monitor()));
  EXPECT_FALSE(stood.is_ready());
  gate.let_through();

  EXPECT_EQ(get(stood).value(), 1);
  EXPECT_EQ(get(waiting).value(), 3);
  EXPECT_EQ(get(many).value().size(), 50'000u);
  EXPECT_EQ(get(callee.call<&Callee::pairs>()).value(), 0);
}

TEST(DirectDeathTest, ARefThatWentOnFailsWithTheCalleesDeath) {
  for (const bool client_dies_first : {false, true}) {
    Gate gate;
    const auto callee = actor<Callee>.with({.name = "the callee"})();
    const auto client = actor<Client>();
    get(client.call<&Client::warm>(callee)).value();
    const auto stood = get(client.call<&Client::stand>(gate.path())).value();
    gate.meet();

    if (client_dies_first) {
      ::kill(client.pid(), SIGKILL);
      static_cast<void>(get(client.monitor()));
    }
    ::kill(callee.pid(), SIGKILL);

    const auto lost = get(stood);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::kActorDied);
    EXPECT_THAT(lost.error().message,
                AllOf(HasSubstr("the callee"), HasSubstr("signal 9"), HasSubstr("Callee::stand_at")));
  }
}

TEST(DirectDeathTest, ACalleesDeathAnswersEachCallOnceWithTheCause) {
  Gate gate;
  const auto callee = actor<Callee>.with({.name = "victim"})();
  const auto client = actor<Client>.with({.name = "caller"})();
  get(client.call<&Client::warm>(callee)).value();
  const auto outlived = client.call<&Client::outlive>(gate.path(), 500);
  gate.meet();

  ::kill(callee.pid(), SIGKILL);

  const auto errors = get(outlived).value();
  ASSERT_EQ(errors.size(), 501u);
  EXPECT_THAT(errors[0], AllOf(HasSubstr("actor victim"), HasSubstr("signal 9"),
                               HasSubstr("Callee::stand_at, called by actor caller")));
  for (std::size_t i = 1; i < 500; ++i) ASSERT_THAT(errors[i], HasSubstr("Callee::add, called by actor caller")) << i;
  EXPECT_THAT(errors[500], ContainsRegex("[0-9.]+ m?s before .*Callee::add was called by actor caller"));
  EXPECT_EQ(get(client.call<&Client::pairs>()).value(), 0);
}

TEST(DirectDeathTest, AStopComesBehindTheCallsBeforeIt) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  EXPECT_EQ(get(client.call<&Client::stop_behind>(500)).value(), "");
}

TEST(DirectDeathTest, AKillBeforeTheCallsBehindIt) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  EXPECT_THAT(get(client.call<&Client::kill_and_call>()).value(), HasSubstr("killed on request"));
}

TEST(DirectDeathTest, WithItsLastHandleAnActorEndsAfterItsCalls) {
  auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto death = callee.monitor();
  const auto sum = get(client.call<&Client::hand_on>(7)).value();
  get(client.call<&Client::send>(1)).value();

  callee = {};
  get(client.call<&Client::let_go>()).value();

  EXPECT_TRUE(get(death).value().is_expected);
  EXPECT_EQ(get(sum).value(), 7);
}

TEST(DirectDeathTest, ACalleeThatDiesAtAnyMomentFailsWhatItHadNotAnswered) {
  std::mt19937 random(11);
  for (int round = 0; round < 8; ++round) {
    const auto callee = actor<Callee>();
    const auto client = actor<Client>();
    const int pid = get(callee.call<&Callee::process>()).value();
    get(client.call<&Client::warm>(callee)).value();
    const auto answered = client.call<&Client::call_until_it_dies>(callee);
    for (unsigned i = random() % 30; i > 0; --i) get(callee.call<&Callee::process>()).value();

    ::kill(pid, SIGKILL);

    EXPECT_GE(get(answered).value(), 0) << round;
    EXPECT_EQ(get(client.call<&Client::pairs>()).value(), 0) << round;
  }
}

TEST(DirectDeathTest, NoRefThatWentOnIsForgottenWhenItsCallerDiesAtAnyMoment) {
  std::mt19937 random(17);
  const auto callee = actor<Callee>();
  const auto bystander = actor<Callee>();
  get(bystander.call<&Callee::process>()).value();
  for (int round = 0; round < 20; ++round) {
    const auto client = actor<Client>();
    const int pid = get(client.call<&Client::process>()).value();
    get(client.call<&Client::warm>(callee)).value();
    const auto refs = get(client.call<&Client::hand_each_on>(400)).value();
    for (unsigned i = random() % 20; i > 0; --i) get(bystander.call<&Callee::process>()).value();

    ::kill(pid, SIGKILL);

    for (const auto& ref : refs) {
      const auto got = get(ref, std::chrono::seconds(30));
      ASSERT_TRUE(got) << round << ": " << to_string(got.error());
    }
  }
}

TEST(DirectDeathTest, AlsoNoneWhoseAnswerTheCallerHasDamaged) {
  Gate gate;
  Gate held;
  const auto holder = actor<Holder>();
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto death = client.monitor();
  const auto damaged = client.call<&Client::damage_answers>(holder, gate.path(), held.path());
  held.meet();
  gate.meet();
  gate.let_through();
  held.let_through();
  static_cast<void>(get(death));
  static_cast<void>(get(damaged));

  for (const auto& ref : get(holder.call<&Holder::give>()).value())
    EXPECT_EQ(get(ref, std::chrono::seconds(30)).error().code, ErrorCode::kObjectLost);
  EXPECT_TRUE(get(callee.call<&Callee::add>(1)));
}

TEST(DirectDeathTest, WhoeverCancelsWhileTheCalleeDiesLives) {
  for (int round = 0; round < 10; ++round) {
    Gate gate;
    const auto callee = actor<Callee>();
    const auto client = actor<Client>();
    get(client.call<&Client::warm>(callee)).value();
    const auto cancelled = client.call<&Client::cancel_while_it_dies>(gate.path());
    gate.meet();

    gate.let_through();
    ::kill(callee.pid(), SIGKILL);

    EXPECT_TRUE(get(cancelled)) << round;
  }
}

TEST(DirectDeathTest, AStopIsExpectedHoweverManyCallsComeTooLate) {
  for (int round = 0; round < 10; ++round) {
    auto callee = actor<Callee>();
    const auto client = actor<Client>();
    const auto death = callee.monitor();
    get(client.call<&Client::warm>(callee)).value();
    const auto answered = client.call<&Client::call_until_it_dies>(callee);

    callee.stop();

    EXPECT_GE(get(answered).value(), 0) << round;
    const auto died = get(death).value();
    EXPECT_TRUE(died.is_expected) << died.cause;
  }
}

TEST(DirectDeathTest, ACallerThatDiesAtAnyMomentLeavesNothingBehind) {
  std::mt19937 random(13);
  const auto callee = actor<Callee>();
  get(callee.call<&Callee::process>()).value();
  const std::int64_t before = bytes_of_pairs();
  for (int round = 1; round <= 8; ++round) {
    const auto client = actor<Client>();
    const int pid = get(client.call<&Client::process>()).value();
    client.call<&Client::flood>(callee, round);
    while (get(callee.call<&Callee::pairs>()).value() == 0) {
    }
    for (unsigned i = random() % 30; i > 0; --i) get(callee.call<&Callee::process>()).value();

    ::kill(pid, SIGKILL);
    static_cast<void>(get(client.monitor()));

    while (get(callee.call<&Callee::pairs>()).value() != 0) {
    }
    EXPECT_EQ(get(callee.call<&Callee::disorder>()).value(), 0) << round;
  }
  constexpr std::int64_t kBells = 64 * 1024;  // Of all workers that there were, whatever page theirs lie on.
  EXPECT_LE(bytes_of_pairs(), before + kBells);
}

}  // namespace
}  // namespace manta::direct::direct_death_test
