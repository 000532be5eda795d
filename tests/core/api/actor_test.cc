// SPDX-License-Identifier: Apache-2.0
// Actors: state, order of calls, names.
#include "core/api/actor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/process_watch.h"

namespace manta::actor_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Journal {
 public:
  explicit Journal(std::string begin) : text_(std::move(begin)) {
    if (text_ == "bad") throw std::invalid_argument("a bad beginning");
  }
  std::string add(const std::string& more) { return text_ += more; }
  std::string text() const { return text_; }
  void clear() { text_.clear(); }
  void fail() { throw std::logic_error("no entry"); }
  int process() const noexcept { return ::getpid(); }

 private:
  std::string text_;
};

std::string text_after(const std::string& gate, const std::string& text) {
  Gate::stand_at(gate);
  return text;
}
std::string fail_with(const std::string& text) { throw std::runtime_error(text); }

TEST(ActorTest, ItKeepsItsStateInAProcessOfItsOwn) {
  const auto journal = actor<Journal>("a");

  EXPECT_EQ(get(journal.call<&Journal::add>("b")).value(), "ab");
  EXPECT_EQ(get(journal.call<&Journal::add>("c")).value(), "abc");
  EXPECT_EQ(get(journal.call<&Journal::process>()).value(), journal.pid());
  EXPECT_NE(journal.pid(), ::getpid());
  EXPECT_TRUE(journal.is_alive());
}

TEST(ActorTest, CallsArriveInTheOrderInWhichTheyAreMade) {
  const auto journal = actor<Journal>("");
  std::string expected;
  ObjectRef<std::string> last;
  for (int i = 0; i < 200; ++i) {
    last = journal.call<&Journal::add>(std::to_string(i));
    expected += std::to_string(i);
  }

  EXPECT_EQ(get(last).value(), expected);
}

TEST(ActorTest, ACallWaitsForThePendingArgumentOfTheCallBeforeIt) {
  Gate gate;
  const auto journal = actor<Journal>("");
  const auto late = remote<text_after>(gate.path(), "first ");
  const auto first = journal.call<&Journal::add>(late);
  const auto second = journal.call<&Journal::add>("second");
  gate.meet();
  EXPECT_FALSE(second.is_ready());

  gate.let_through();

  EXPECT_EQ(get(first).value(), "first ");
  EXPECT_EQ(get(second).value(), "first second");
}

struct Left {
  std::int64_t left = 1;
};
struct Right {
  int right() const { return value; }
  void set_right(int to) { value = to; }
  int value = 2;
};
// Its second base lies behind the first, and both behind the table of virtual functions.
class Both : public Left, public Right {
 public:
  virtual ~Both() = default;
  virtual int sum() const { return static_cast<int>(left) + value; }
};
class Below : public Both {
 public:
  int sum() const override { return 100 + Both::sum(); }
};

TEST(ActorTest, InheritedMethodsRunOnTheirPartOfTheActor) {
  const auto both = actor<Both>();
  EXPECT_EQ(get(both.call<&Both::right>()).value(), 2);
  EXPECT_EQ(get(both.call<&Right::right>()).value(), 2);
  get(both.call<&Right::set_right>(7)).value();
  EXPECT_EQ(get(both.call<&Both::sum>()).value(), 8);

  const auto below = actor<Below>();
  get(below.call<&Below::set_right>(7)).value();
  EXPECT_EQ(get(below.call<&Right::right>()).value(), 7);
  EXPECT_EQ(get(below.call<&Both::sum>()).value(), 108) << "virtual functions are";
}

// What the first call on an actor with these options ends with.
Error refusal_of(const ActorOptions& options) {
  return get(actor<Journal>.with(options)("").template call<&Journal::text>()).error();
}

std::string refusal_in_a_worker() { return refusal_of({.max_restarts = -1}).message; }

TEST(ActorTest, OptionsThatMeanNothingAreRefusedByName) {
  EXPECT_EQ(refusal_of({.max_restarts = -1}).code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refusal_of({.max_restarts = -1}).message, HasSubstr("max_restarts is -1 and must be at least 0"));
  EXPECT_THAT(refusal_of({.max_task_retries = -2}).message, HasSubstr("max_task_retries is -2"));
  EXPECT_THAT(refusal_of({.max_concurrency = 0}).message, HasSubstr("max_concurrency is 0 and must be at least 1"));
  EXPECT_THAT(refusal_of({.max_pending_calls = -1}).message, HasSubstr("or 0"));
  EXPECT_THAT(get(remote<refusal_in_a_worker>()).value(), HasSubstr("max_restarts is -1"));
}

TEST(ActorTest, AFailedArgumentFailsItsCallOnly) {
  const auto journal = actor<Journal>("");
  const auto first = journal.call<&Journal::add>(remote<fail_with>("lost"));
  const auto second = journal.call<&Journal::add>("kept");

  EXPECT_THAT(get(first).error().message, HasSubstr("lost"));
  EXPECT_EQ(get(second).value(), "kept");
}

TEST(ActorTest, AnActorsResultIsAnotherOnesArgument) {
  const auto first = actor<Journal>("a");
  const auto second = actor<Journal>(first.call<&Journal::add>("b"));

  EXPECT_EQ(get(second.call<&Journal::add>(first.call<&Journal::text>())).value(), "abab");
}

TEST(ActorTest, AMethodThatThrowsLeavesTheActorAlive) {
  const auto journal = actor<Journal>("a");

  const auto failed = get(journal.call<&Journal::fail>());

  EXPECT_EQ(failed.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("std::logic_error"), HasSubstr("no entry")));
  EXPECT_EQ(get(journal.call<&Journal::text>()).value(), "a");
  EXPECT_TRUE(get(journal.call<&Journal::clear>()));
  EXPECT_EQ(get(journal.call<&Journal::text>()).value(), "");
}

// All of the calls, those on their way already and those made later, learn the cause.
TEST(ActorTest, AConstructorThatThrowsFailsEveryCallWithItsText) {
  for (int round = 0; round < 20; ++round) {
    const auto journal = actor<Journal>("bad");
    std::vector<ObjectRef<std::string>> refs;
    for (int i = 0; i < 20; ++i) refs.push_back(journal.call<&Journal::text>());

    for (const auto& ref : refs) {
      const auto result = get(ref);
      ASSERT_EQ(result.error().code, ErrorCode::kActorDied);
      ASSERT_THAT(result.error().message, AllOf(HasSubstr("constructor"), HasSubstr("a bad beginning")));
    }
    EXPECT_THAT(get(journal.call<&Journal::text>()).error().message, HasSubstr("a bad beginning"));
    EXPECT_FALSE(journal.is_alive());
  }
}

TEST(ActorTest, AFailedConstructorArgumentFailsEveryCall) {
  const auto journal = actor<Journal>(remote<fail_with>("lost"));
  const auto early = journal.call<&Journal::text>();

  const auto result = get(early);
  EXPECT_EQ(result.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(result.error().message, HasSubstr("lost"));
  EXPECT_THAT(get(journal.call<&Journal::text>()).error().message, HasSubstr("lost"));
}

TEST(ActorTest, ANameHasOneLivingHolder) {
  const auto first = actor<Journal>.with({.name = "diary"})("a");
  const auto second = actor<Journal>.with({.name = "diary"})("b");

  const auto refused = get(second.call<&Journal::text>());
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(refused.error().message, HasSubstr("diary"));
  EXPECT_EQ(get(first.call<&Journal::text>()).value(), "a");
  EXPECT_FALSE(second.is_alive());
}

TEST(ActorTest, ANameIsFreeAgainOnceItsHolderHasEnded) {
  const auto first = actor<Journal>.with({.name = "again"})("a");
  first.kill();
  EXPECT_EQ(get(first.call<&Journal::text>()).error().code, ErrorCode::kActorDied);

  const auto second = actor<Journal>.with({.name = "again"})("b");

  EXPECT_EQ(get(second.call<&Journal::text>()).value(), "b");
}

TEST(ActorTest, ItsNameStandsInItsErrors) {
  const auto journal = actor<Journal>.with({.name = "logbook"})("a");
  journal.kill();

  EXPECT_THAT(get(journal.call<&Journal::text>()).error().message, HasSubstr("logbook"));
}

TEST(ActorTest, AnEmptyHandleIsAnError) {
  const Actor<Journal> none;

  EXPECT_EQ(get(none.call<&Journal::text>()).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(none.is_alive());
  EXPECT_EQ(none.pid(), 0);
  none.stop();
  none.kill();
}

}  // namespace
}  // namespace manta::actor_test
