// SPDX-License-Identifier: Apache-2.0
// Actors that wait for themselves or each other, in drawn orders of single steps: those that would for ever are told,
// and no others.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta::actor_waits_story_test {
namespace {

constexpr unsigned kStories = 150;

// What two actors have done; their code runs on one thread at a time.
struct Diary {
  std::vector<std::string> lines[2];
  int refusals = 0;

  // Whether the actor began its push before it answered the other's first call.
  bool has_pushed_first(int who) const { return !lines[who].empty() && lines[who].front() == "push"; }
};
Diary* g_diary = nullptr;

class Peer {
 public:
  void meet(const Actor<Peer>& other, int who) {
    other_ = other;
    who_ = who;
  }
  void warm_up() {
    for (int i = 0; i < 4; ++i) static_cast<void>(get(other_.call<&Peer::nothing>()));
  }
  void nothing() {}
  // The second call finds room once the first is answered.
  void push() {
    g_diary->lines[who_].emplace_back("push");
    for (int i = 0; i < 2; ++i) {
      const ObjectRef<void> ref = other_.call<&Peer::rest>();
      if (ref.state()->is_ready() && !ref.state()->outcome()) ++g_diary->refusals;
    }
  }
  void rest() { g_diary->lines[who_].emplace_back("rest"); }

 private:
  Actor<Peer> other_;
  int who_ = 0;
};

class Knot {
 public:
  int number(int value) { return value; }
  Result<int> get_own(const Actor<Knot>& self) { return get(self.call<&Knot::number>(1)); }
  Async<Result<int>> get_answered(Actor<Knot> self) {
    const ObjectRef<int> first = self.call<&Knot::number>(1);
    const ObjectRef<int> second = self.call<&Knot::number>(2);
    const Result<int> two = co_await second;
    if (!two) co_return two.error();
    co_return get(first);
  }
};

// One of several that each know the next.
class Link {
 public:
  void meet(const Actor<Link>& next, int who) {
    next_ = next;
    who_ = who;
  }
  void warm_up() {
    for (int i = 0; i < 4; ++i) static_cast<void>(get(next_.call<&Link::answer>()));
  }
  int answer() { return who_; }
  Result<int> ask() { return get(next_.call<&Link::answer>()); }
  Result<int> ask_often() {
    for (int i = 0; i < 2; ++i)
      if (const auto answer = get(next_.call<&Link::answer>()); !answer) return answer.error();
    return get(next_.call<&Link::answer>());
  }

 private:
  Actor<Link> next_;
  int who_ = 0;
};

void take_all_steps(InProcessWorld& world, std::mt19937& random) {
  for (auto steps = world.steps(); !steps.empty(); steps = world.steps()) world.take(steps[random() % steps.size()]);
}

// Two push at the same time. Where each has begun before it answers the other, both wait for ever.
void tell_of_two(unsigned seed, std::uint32_t direct_after, int& circles) {
  std::mt19937 random(seed);
  Diary diary;
  g_diary = &diary;
  InProcessWorld world({.direct_after = direct_after});
  const ActorOptions options{.max_pending_calls = 1};
  const auto left = actor<Peer>.with(options)();
  const auto right = actor<Peer>.with(options)();
  std::vector<ObjectRef<void>> done;
  done.push_back(left.call<&Peer::meet>(right, 0));
  take_all_steps(world, random);
  done.push_back(right.call<&Peer::meet>(left, 1));
  take_all_steps(world, random);
  done.push_back(left.call<&Peer::warm_up>());
  take_all_steps(world, random);
  done.push_back(right.call<&Peer::warm_up>());
  take_all_steps(world, random);
  done.push_back(left.call<&Peer::push>());
  for (unsigned i = random() % 12; i > 0 && !world.steps().empty(); --i) {
    const auto steps = world.steps();
    world.take(steps[random() % steps.size()]);
  }
  done.push_back(right.call<&Peer::push>());

  take_all_steps(world, random);

  for (const ObjectRef<void>& ref : done) ASSERT_TRUE(ref.is_ready() && get(ref)) << seed;
  const bool is_circle = diary.has_pushed_first(0) && diary.has_pushed_first(1);
  ASSERT_EQ(diary.refusals > 0, is_circle) << seed;
  ASSERT_EQ(std::count(diary.lines[0].begin(), diary.lines[0].end(), "rest") +
                std::count(diary.lines[1].begin(), diary.lines[1].end(), "rest") + diary.refusals,
            4)
      << seed;
  ASSERT_TRUE(world.launcher().killed().empty()) << seed;
  circles += is_circle ? 1 : 0;
}

TEST(ActorWaitsStoryTest, OfTwoThoseThatWaitForEverAreToldAndNoOthers) {
  for (const std::uint32_t direct_after : {0u, 1u}) {
    int circles = 0;
    for (unsigned seed = 1; seed <= kStories; ++seed) {
      ASSERT_NO_FATAL_FAILURE(tell_of_two(seed, direct_after, circles));
    }
    EXPECT_GT(circles, 10) << direct_after;
    EXPECT_LT(circles, static_cast<int>(kStories) - 10) << direct_after;
  }
}

// All ask the next one, begun at any moment of each other. How many are told.
int tell_of_links(unsigned seed, int count, std::uint32_t direct_after) {
  std::mt19937 random(seed);
  InProcessWorld world({.direct_after = direct_after});
  std::vector<Actor<Link>> links;
  for (int i = 0; i < count; ++i) links.push_back(actor<Link>());
  std::vector<ObjectRef<void>> ready;
  for (int i = 0; i < count; ++i) {
    ready.push_back(links[static_cast<std::size_t>(i)].call<&Link::meet>(links[static_cast<std::size_t>((i + 1) % count)], i));
    take_all_steps(world, random);
  }
  for (const auto& link : links) {
    ready.push_back(link.call<&Link::warm_up>());
    take_all_steps(world, random);
  }
  std::vector<ObjectRef<int>> asked;
  for (const auto& link : links) {
    asked.push_back(random() % 2 == 0 ? link.call<&Link::ask>() : link.call<&Link::ask_often>());
    for (unsigned i = random() % 12; i > 0 && !world.steps().empty(); --i) {
      const auto steps = world.steps();
      world.take(steps[random() % steps.size()]);
    }
  }

  take_all_steps(world, random);

  int told = 0;
  for (int i = 0; i < count; ++i) {
    const ObjectRef<int>& ref = asked[static_cast<std::size_t>(i)];
    EXPECT_TRUE(ref.is_ready()) << seed << ": it waits for ever";
    if (!ref.is_ready()) continue;
    const Result<int> answer = get(ref);
    EXPECT_TRUE(answer ? *answer == (i + 1) % count : answer.error().code == ErrorCode::kFailedPrecondition) << seed;
    told += answer ? 0 : 1;
  }
  EXPECT_TRUE(world.launcher().killed().empty()) << seed;
  return told;
}

TEST(ActorWaitsStoryTest, InACircleOfGetsSomebodyIsToldAndNobodyWaitsForEver) {
  for (const int count : {2, 3}) {
    for (const std::uint32_t direct_after : {0u, 1u}) {
      int circles = 0;
      for (unsigned seed = 1; seed <= kStories && !::testing::Test::HasFailure(); ++seed)
        circles += tell_of_links(seed, count, direct_after) > 0 ? 1 : 0;
      EXPECT_GT(circles, 5) << count << ' ' << direct_after;
      EXPECT_LT(circles, static_cast<int>(kStories)) << count << ' ' << direct_after;
    }
  }
}

// The last of three asks nobody: whoever is told there is told what is not so.
TEST(ActorWaitsStoryTest, InAChainOfGetsNobodyIsTold) {
  for (unsigned seed = 1; seed <= kStories && !::testing::Test::HasFailure(); ++seed) {
    std::mt19937 random(seed);
    InProcessWorld world({.direct_after = seed % 2});
    const auto first = actor<Link>();
    const auto second = actor<Link>();
    const auto third = actor<Link>();
    std::vector<ObjectRef<void>> met = {first.call<&Link::meet>(second, 0), second.call<&Link::meet>(third, 1)};
    take_all_steps(world, random);

    const std::vector<ObjectRef<int>> asked = {first.call<&Link::ask_often>(), second.call<&Link::ask_often>(),
                                               first.call<&Link::ask>()};
    take_all_steps(world, random);

    for (const auto& ref : asked) ASSERT_TRUE(ref.is_ready() && get(ref)) << seed;
  }
}

TEST(ActorWaitsStoryTest, OfItsOwnCallsAnActorGetsThoseThatAreAnswered) {
  for (unsigned seed = 1; seed <= kStories; ++seed) {
    std::mt19937 random(seed);
    InProcessWorld world;
    const auto knot = actor<Knot>();
    const auto answered = knot.call<&Knot::get_answered>(knot);
    const auto stuck = knot.call<&Knot::get_own>(knot);
    const auto after = knot.call<&Knot::number>(3);

    take_all_steps(world, random);

    ASSERT_TRUE(answered.is_ready() && stuck.is_ready() && after.is_ready()) << seed;
    ASSERT_EQ(get(stuck).error().code, ErrorCode::kFailedPrecondition) << seed;
    ASSERT_EQ(get(after).value(), 3) << seed;
    const Result<int> first = get(answered);
    ASSERT_TRUE(first) << seed << ": " << first.error().message;
    ASSERT_EQ(*first, 1) << seed;
  }
}

}  // namespace
}  // namespace manta::actor_waits_story_test
