// SPDX-License-Identifier: Apache-2.0
// An actor that is started again begins with the state that it saved last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/actor_state.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/process_watch.h"

namespace manta::restart_state_test {
namespace {

using ::testing::HasSubstr;

// No default constructor, and part of it is not saved.
class Account {
 public:
  explicit Account(int begin) : total_(begin) {}

  int add(int amount) { return total_ += amount; }
  int total() const { return total_; }
  int process() { return ::getpid(); }
  // Dies in the middle: in memory the amount has been added.
  int add_and_die(int amount) {
    total_ += amount;
    ::raise(SIGKILL);
    return total_;
  }
  int add_and_throw(int amount) {
    total_ += amount;
    throw std::runtime_error("added all the same");
  }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
  std::string save() {
    const auto saved = checkpoint();
    return saved ? "saved" : saved.error().message;
  }
  // Counts to `goal`, saves at each step, and dies at two of them.
  int count_to(int goal) {
    while (total_ < goal) {
      ++total_;
      checkpoint().value();
      if (total_ == 3 || total_ == 6) ::raise(SIGKILL);
    }
    return total_;
  }
  void grow(std::size_t bytes) { ballast_.assign(bytes, 'b'); }
  std::size_t ballast() { return ballast_.size(); }
  void keep(const ObjectRef<int>& ref) { kept_.push_back(ref); }
  int kept() { return get(kept_.at(0)).value(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(total_, ballast_, kept_);
  }

 private:
  int total_;
  std::vector<char> ballast_;
  std::vector<ObjectRef<int>> kept_;
};

class Plain {
 public:
  int number() { return 1; }
  std::string save() { return checkpoint().error().message; }
};

int save_in_task() { return checkpoint() ? 1 : 0; }
int number(int value) { return value; }

TEST(RestartStateTest, EveryAnsweredCallIsInTheStateWhenItIsSavedAfterEach) {
  const auto account = actor<Account>.with({.max_restarts = 10, .checkpoint_every = 1})(100);
  for (int round = 1; round <= 10; ++round) {
    EXPECT_EQ(get(account.call<&Account::add>(1)).value(), 100 + round);
    ASSERT_FALSE(get(account.call<&Account::die>()));
  }

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 110);
}

// The effects of a call that was not answered are gone with its process, so making it again is no second time.
TEST(RestartStateTest, ACallThatIsMadeAgainHasItsEffectsOnce) {
  const auto account = actor<Account>.with({.max_restarts = 3, .max_task_retries = 3, .checkpoint_every = 1})(0);
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 50; ++i) refs.push_back(account.call<&Account::add>(1));
  const int pid = get(account.call<&Account::process>()).value();
  for (int i = 0; i < 50; ++i) refs.push_back(account.call<&Account::add>(1));

  ::kill(pid, SIGKILL);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(get(refs[static_cast<std::size_t>(i)]).value(), i + 1);
}

TEST(RestartStateTest, KilledAtRandomItCountsEachCallOnce) {
  constexpr int kKills = 60;
  constexpr unsigned kSeed = 4;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const auto account =
      actor<Account>.with({.max_restarts = kKills, .max_task_retries = kKills, .checkpoint_every = 1})(0);
  int expected = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    std::vector<ObjectRef<int>> refs;
    const int before = static_cast<int>(random() % 20);
    for (int i = 0; i < 20; ++i) {
      refs.push_back(account.call<&Account::add>(1));
      const pid_t pid = i == before ? account.pid() : 0;
      if (pid > 0) ::kill(pid, SIGKILL);  // It may have none, from the last time.
    }
    for (const auto& ref : refs) ASSERT_EQ(get(ref).value(), ++expected);
  }
}

TEST(RestartStateTest, WhatCameAfterTheLastSaveIsLost) {
  const auto account = actor<Account>.with({.max_restarts = 1, .checkpoint_every = 3})(0);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(get(account.call<&Account::add>(1)));

  EXPECT_FALSE(get(account.call<&Account::add_and_die>(1)));

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 6);
}

TEST(RestartStateTest, WithoutASaveItBeginsAnew) {
  const auto account = actor<Account>.with({.max_restarts = 1})(7);
  ASSERT_TRUE(get(account.call<&Account::add>(1)));

  ASSERT_FALSE(get(account.call<&Account::die>()));

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 7);
}

TEST(RestartStateTest, ItSavesWhenItSaysSo) {
  const auto account = actor<Account>.with({.max_restarts = 1})(7);
  ASSERT_TRUE(get(account.call<&Account::add>(1)));
  ASSERT_EQ(get(account.call<&Account::save>()).value(), "saved");
  ASSERT_TRUE(get(account.call<&Account::add>(1)));

  ASSERT_FALSE(get(account.call<&Account::die>()));

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 8);
}

TEST(RestartStateTest, ALongCallGoesOnFromWhereItSaved) {
  const auto account = actor<Account>.with({.max_restarts = 2, .max_task_retries = 2})(0);

  EXPECT_EQ(get(account.call<&Account::count_to>(10)).value(), 10);
}

TEST(RestartStateTest, ACallThatThrewHasItsEffectsToo) {
  const auto account = actor<Account>.with({.max_restarts = 1, .checkpoint_every = 1})(0);
  ASSERT_EQ(get(account.call<&Account::add_and_throw>(5)).error().code, ErrorCode::kTaskFailed);

  ASSERT_FALSE(get(account.call<&Account::die>()));

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 5);
}

TEST(RestartStateTest, ALargeStateLiesInTheStoreUntilTheNextOne) {
  const auto used = [] { return status()->store_bytes_used; };
  const std::uint64_t before = used();
  {
    const auto account = actor<Account>.with({.max_restarts = 2, .checkpoint_every = 1})(0);
    for (int i = 1; i <= 40; ++i) ASSERT_TRUE(get(account.call<&Account::grow>(std::size_t{1} << 20)));
    EXPECT_LT(used() - before, std::size_t{8} << 20) << "states that are replaced go";

    ASSERT_FALSE(get(account.call<&Account::die>()));
    EXPECT_EQ(get(account.call<&Account::ballast>()).value(), std::size_t{1} << 20);

    const ProcessWatch process(account.pid());
    account.kill();
    process.wait_until_ended();
    ASSERT_FALSE(get(account.call<&Account::total>()));
  }
  EXPECT_EQ(used(), before);
}

TEST(RestartStateTest, AStateThatDoesNotFitLeavesTheOneBefore) {
  const auto account = actor<Account>.with({.max_restarts = 1})(3);
  ASSERT_EQ(get(account.call<&Account::save>()).value(), "saved");
  ASSERT_TRUE(get(account.call<&Account::grow>(std::size_t{100} << 20)));
  EXPECT_THAT(get(account.call<&Account::save>()).value(), HasSubstr("object store"));

  ASSERT_FALSE(get(account.call<&Account::die>()));

  EXPECT_EQ(get(account.call<&Account::total>()).value(), 3);
  EXPECT_EQ(get(account.call<&Account::ballast>()).value(), 0u);
}

TEST(RestartStateTest, RefsInTheStateAreKept) {
  const auto account = actor<Account>.with({.max_restarts = 1, .checkpoint_every = 1})(0);
  ASSERT_TRUE(get(account.call<&Account::keep>(remote<number>(42))));

  ASSERT_FALSE(get(account.call<&Account::die>()));

  EXPECT_EQ(get(account.call<&Account::kept>()).value(), 42);
}

std::string make_one_and_kill_it() {
  const auto account = actor<Account>.with({.max_restarts = 1, .checkpoint_every = 1})(5);
  static_cast<void>(get(account.call<&Account::add>(1)));
  static_cast<void>(get(account.call<&Account::die>()));
  return std::to_string(get(account.call<&Account::total>()).value());
}

TEST(RestartStateTest, AnActorThatAWorkerMadeIsSavedToo) {
  EXPECT_EQ(get(remote<make_one_and_kill_it>()).value(), "6");
}

TEST(RestartStateTest, WhatIsNotPossibleIsRefused) {
  const auto of = [](auto call) { return get(call).error(); };
  EXPECT_THAT(of(actor<Plain>.with({.max_restarts = 1, .checkpoint_every = 1})().call<&Plain::number>()).message,
              HasSubstr("serialize"));
  EXPECT_THAT(of(actor<Account>.with({.checkpoint_every = 1})(0).call<&Account::total>()).message,
              HasSubstr("max_restarts is 0"));
  EXPECT_THAT(
      of(actor<Account>.with({.max_restarts = 1, .checkpoint_every = 1, .max_concurrency = 2})(0).call<&Account::total>())
          .message,
      HasSubstr("max_concurrency is 2"));
  EXPECT_EQ(of(actor<Account>.with({.max_restarts = 1, .checkpoint_every = -1})(0).call<&Account::total>()).code,
            ErrorCode::kInvalidArgument);
  EXPECT_THAT(get(actor<Plain>.with({.max_restarts = 1})().call<&Plain::save>()).value(),
              HasSubstr("no state to save"));
  EXPECT_THAT(get(actor<Account>(0).call<&Account::save>()).value(), HasSubstr("max_restarts above 0"));
  EXPECT_EQ(get(remote<save_in_task>()).value(), 0);
  EXPECT_EQ(checkpoint().error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace manta::restart_state_test
