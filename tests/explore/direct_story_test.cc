// SPDX-License-Identifier: Apache-2.0
// Calls from worker to worker in drawn orders of single steps, with a death anywhere.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta::direct_story_test {
namespace {

class Counter {
 public:
  int add(int by) { return count_ += by; }

 private:
  int count_ = 0;
};

class Clerk {
 public:
  std::vector<ObjectRef<int>> hand_on(const Actor<Counter>& counter, int count) {
    for (int i = 0; i < 4; ++i) static_cast<void>(get(counter.call<&Counter::add>(0)));
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < count; ++i) refs.push_back(counter.call<&Counter::add>(1));
    return refs;
  }
  int cancel_one(const Actor<Counter>& counter) {
    const auto refs = hand_on(counter, 1);
    cancel(refs[0]);
    return get(refs[0]) ? 0 : 1;
  }
};

TEST(DirectStoryTest, NobodyWaitsForEverWhoeverDiesWhenever) {
  constexpr unsigned kStories = 100;
  constexpr unsigned kSteps = 220;  // About as many as one has.
  for (unsigned seed = 1; seed <= kStories; ++seed) {
    std::mt19937 random(seed);
    InProcessWorld world({.direct_after = 1});
    const auto counter = actor<Counter>();
    const auto clerk = actor<Clerk>();
    const auto handed = clerk.call<&Clerk::hand_on>(counter, 12);
    std::vector<ObjectRef<int>> refs;
    unsigned left = random() % kSteps;
    bool has_died = false;
    for (;;) {
      if (refs.empty() && handed.is_ready())
        if (auto got = get(handed)) refs = std::move(*got);
      const auto steps = world.steps();
      if ((left == 0 || steps.empty()) && !has_died) {
        has_died = true;
        const auto living = world.living();
        if (!living.empty()) world.kill(living[random() % living.size()]);
        continue;
      }
      if (steps.empty()) break;
      if (left > 0) --left;
      world.take(steps[random() % steps.size()]);
    }
    ASSERT_TRUE(handed.is_ready()) << seed;
    for (const auto& ref : refs) ASSERT_TRUE(ref.is_ready()) << seed;
    ASSERT_TRUE(world.launcher().killed().empty()) << seed;
  }
}

TEST(DirectStoryTest, ACancelThatComesWhenThePairIsGoneIsNoReasonToKill) {
  InProcessWorld world({.direct_after = 1});
  bool has_cancelled = false;
  world.tamper_by([&](MessageHeader& header) {
    if (header.type != MessageType::kDirectCancel) return;
    has_cancelled = true;
    header.a = 200;
  });
  const auto counter = actor<Counter>();
  const auto clerk = actor<Clerk>();

  EXPECT_EQ(get(clerk.call<&Clerk::cancel_one>(counter)).value(), 1);

  EXPECT_TRUE(has_cancelled);
  EXPECT_TRUE(world.launcher().killed().empty());
}

}  // namespace
}  // namespace manta::direct_story_test
