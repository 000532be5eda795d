// SPDX-License-Identifier: Apache-2.0
// The death of an actor goes up from owner to owner until one has handled it.
#include "core/api/supervision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::supervision_test {
namespace {

using ::testing::HasSubstr;

class Child {
 public:
  int process() { return ::getpid(); }
  int die() {
    ::raise(SIGKILL);
    return 0;
  }
};

// What a parent does when it is told.
enum class Answer { kNoHandler, kHandled, kPassOn, kThrow, kDie };

class Parent {
 public:
  Parent(const std::string& name, Answer answer) : name_(name) {
    child_ = actor<Child>.with({.name = name})();
    if (answer != Answer::kNoHandler)
      on_child_death([this, answer](const ChildDeath& death) { return judge(death, answer); }).value();
  }
  int process() { return ::getpid(); }
  int child() { return get(child_.call<&Child::process>()).value_or(0); }
  // Returns when the child is dead: the report may be on its way still.
  std::string kill_child() { return get(child_.call<&Child::die>()).error().message; }
  std::string end_child_as_expected() {
    child_.kill();
    return get(child_.call<&Child::process>()).error().message;
  }
  std::vector<std::string> told() { return told_; }

 private:
  bool judge(const ChildDeath& death, Answer answer) {
    told_.push_back(death.name + " " + std::to_string(death.levels));
    if (answer == Answer::kThrow) throw std::runtime_error("no idea");
    if (answer == Answer::kDie) ::_exit(9);
    if (answer == Answer::kHandled) child_ = actor<Child>();
    return answer == Answer::kHandled;
  }

  std::string name_;
  Actor<Child> child_;
  std::vector<std::string> told_;
};

// One more level: its child is a Parent without a handler of its own.
class Grandparent {
 public:
  explicit Grandparent(const std::string& name) : parent_(actor<Parent>(name, Answer::kNoHandler)) {
    on_child_death([this](const ChildDeath& death) {
      levels_ = death.levels;
      return true;
    }).value();
  }
  std::string kill_grandchild() { return get(parent_.call<&Parent::kill_child>()).value(); }
  int levels() { return levels_; }

 private:
  Actor<Parent> parent_;
  int levels_ = -1;
};

int make_child_and_lose_it(const std::string& name) {
  const auto child = actor<Child>.with({.name = name})();
  return get(child.call<&Child::die>()) ? 1 : 0;
}

class SupervisionTest : public ::testing::Test {
 protected:
  SupervisionTest() {
    on_child_death([this](const ChildDeath& death) {
      const std::lock_guard lock(mutex_);
      deaths_.push_back(death);
      changed_.notify_all();
      return is_handled_;
    }).value();
  }
  ~SupervisionTest() override { on_child_death(nullptr).value(); }

  std::vector<ChildDeath> wait_for_deaths(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return deaths_.size() >= count; });
    return deaths_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ChildDeath> deaths_;  // Guarded by mutex_.
  bool is_handled_ = true;
};

TEST_F(SupervisionTest, TheDriverIsToldOfTheDeathOfAnActorThatItMade) {
  const auto child = actor<Child>.with({.name = "first"})();
  const int pid = get(child.call<&Child::process>()).value();
  ASSERT_FALSE(get(child.call<&Child::die>()));

  const ChildDeath death = wait_for_deaths(1).front();

  EXPECT_EQ(death.name, "first");
  EXPECT_THAT(death.type, HasSubstr("Child"));
  EXPECT_EQ(death.pid, pid);
  EXPECT_EQ(death.levels, 0);
  EXPECT_EQ(death.code, ErrorCode::kActorDied);
  EXPECT_THAT(death.cause, HasSubstr("signal 9"));
}

TEST_F(SupervisionTest, AnEndThatWasWantedIsNotReported) {
  {
    const auto gone = actor<Child>();
    ASSERT_TRUE(get(gone.call<&Child::process>()));
  }
  const auto stopped = actor<Child>();
  const auto end = stopped.monitor();
  stopped.stop();
  ASSERT_TRUE(get(end));
  const auto killed = actor<Child>();
  killed.kill();
  ASSERT_FALSE(get(killed.call<&Child::process>()));
  const auto watched = actor<Child>();
  const auto death = watched.monitor();
  ASSERT_FALSE(get(watched.call<&Child::die>()));
  ASSERT_TRUE(get(death));

  const auto last = actor<Child>.with({.name = "last"})();
  ASSERT_FALSE(get(last.call<&Child::die>()));

  EXPECT_EQ(wait_for_deaths(1).front().name, "last");
}

TEST_F(SupervisionTest, AnActorThatIsStartedAgainHasNotDied) {
  const auto child = actor<Child>.with({.max_restarts = 1, .name = "twice"})();
  const int first = get(child.call<&Child::process>()).value();
  ASSERT_FALSE(get(child.call<&Child::die>()));
  ASSERT_NE(get(child.call<&Child::process>()).value(), first);
  {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(deaths_.empty());
  }

  ASSERT_FALSE(get(child.call<&Child::die>()));

  EXPECT_EQ(wait_for_deaths(1).size(), 1u);
}

TEST_F(SupervisionTest, AConstructorThatFailsIsADeathToo) {
  class Impossible {
   public:
    Impossible() { throw std::runtime_error("not today"); }
    int nothing() { return 0; }
  };
  const auto child = actor<Impossible>();
  ASSERT_FALSE(get(child.call<&Impossible::nothing>()));

  EXPECT_THAT(wait_for_deaths(1).front().cause, HasSubstr("not today"));
}

TEST_F(SupervisionTest, AnActorHandlesTheDeathOfItsChild) {
  const auto parent = actor<Parent>("child of one", Answer::kHandled);
  EXPECT_THAT(get(parent.call<&Parent::kill_child>()).value(), HasSubstr("signal 9"));

  EXPECT_GT(get(parent.call<&Parent::child>()).value(), 0) << "it has made a new one";
  EXPECT_EQ(get(parent.call<&Parent::told>()).value(), std::vector<std::string>{"child of one 0"});
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(deaths_.empty());
}

TEST_F(SupervisionTest, ADeathThatIsNotHandledGoesOneLevelUp) {
  int told = 0;
  for (const Answer answer : {Answer::kPassOn, Answer::kThrow, Answer::kNoHandler}) {
    const auto parent = actor<Parent>("orphan", answer);
    ASSERT_TRUE(get(parent.call<&Parent::kill_child>()));

    const ChildDeath death = wait_for_deaths(static_cast<std::size_t>(++told)).back();

    EXPECT_EQ(death.name, "orphan");
    EXPECT_EQ(death.levels, 1);
    EXPECT_TRUE(get(parent.call<&Parent::process>())) << "an owner is not ended for it";
  }
}

TEST_F(SupervisionTest, AnEndThatAnActorWantedIsNotReported) {
  const auto parent = actor<Parent>("victim", Answer::kPassOn);
  ASSERT_THAT(get(parent.call<&Parent::end_child_as_expected>()).value(), HasSubstr("killed on request"));
  const auto other = actor<Parent>("other", Answer::kPassOn);
  ASSERT_TRUE(get(other.call<&Parent::kill_child>()));

  EXPECT_EQ(wait_for_deaths(1).front().name, "other");
}

TEST_F(SupervisionTest, ALevelWithoutAHandlerIsPassedOver) {
  const auto grandparent = actor<Grandparent>("grandchild");
  EXPECT_THAT(get(grandparent.call<&Grandparent::kill_grandchild>()).value(), HasSubstr("signal 9"));

  // The report was sent before the answer to the call.
  EXPECT_EQ(get(grandparent.call<&Grandparent::levels>()).value(), 1);
}

TEST_F(SupervisionTest, AnOwnerThatDiesOverItIsReportedAfterIt) {
  const auto parent = actor<Parent>.with({.name = "weak parent"})("child", Answer::kDie);
  ASSERT_TRUE(get(parent.call<&Parent::kill_child>()));

  const auto deaths = wait_for_deaths(2);

  EXPECT_EQ(deaths[0].name, "child");
  EXPECT_EQ(deaths[0].levels, 1);
  EXPECT_EQ(deaths[1].name, "weak parent");
  EXPECT_EQ(deaths[1].levels, 0);
}

TEST_F(SupervisionTest, WhatDiesWithItsOwnerIsNotReportedByItself) {
  const auto parent = actor<Parent>.with({.name = "parent"})("child", Answer::kNoHandler);
  ASSERT_TRUE(get(parent.call<&Parent::child>()));
  ::kill(parent.pid(), SIGKILL);
  ASSERT_EQ(wait_for_deaths(1).front().name, "parent");

  const auto last = actor<Child>.with({.name = "last"})();
  ASSERT_FALSE(get(last.call<&Child::die>()));

  EXPECT_EQ(wait_for_deaths(2)[1].name, "last");
}

TEST_F(SupervisionTest, AChildOfATaskIsReportedToTheDriver) {
  ASSERT_EQ(get(remote<make_child_and_lose_it>("child of a task")).value(), 0);

  EXPECT_EQ(wait_for_deaths(1).front().name, "child of a task");
  EXPECT_EQ(wait_for_deaths(1).front().levels, 1);
}

TEST_F(SupervisionTest, AHandlerOfTheDriverMayMakeAnotherOne) {
  Actor<Child> next;
  on_child_death([&](const ChildDeath& death) {
    next = actor<Child>.with({.name = death.name})();
    const std::lock_guard lock(mutex_);
    deaths_.push_back(death);
    changed_.notify_all();
    return true;
  }).value();
  const auto child = actor<Child>.with({.name = "again"})();
  ASSERT_FALSE(get(child.call<&Child::die>()));
  wait_for_deaths(1);

  EXPECT_TRUE(get(next.call<&Child::process>()));
}

TEST_F(SupervisionTest, WhatNobodyHandlesIsOneLine) {
  is_handled_ = false;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  const auto child = actor<Child>.with({.name = "lonely"})();
  ASSERT_FALSE(get(child.call<&Child::die>()));

  std::string line;
  for (char letter = 0; ::read(ends[0], &letter, 1) == 1 && letter != '\n';) line += letter;

  ::dup2(saved, STDERR_FILENO);
  for (const int fd : {saved, ends[0], ends[1]}) ::close(fd);
  EXPECT_THAT(line, HasSubstr("nobody handles the death of an actor"));
  EXPECT_THAT(line, HasSubstr("actor lonely ("));
  EXPECT_THAT(line, HasSubstr("signal 9"));
}

}  // namespace
}  // namespace manta::supervision_test
