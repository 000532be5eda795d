// SPDX-License-Identifier: Apache-2.0
// More calls than the rings hold, in drawn orders of single steps: of an actor whose ring to the node is full, of one
// whose ring from the node is, and of two that call each other back while all four are. Nobody sleeps here but by the
// bell that he has asked for, so a wake-up that is lost is an end at which somebody waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "tests/explore/explore_flags.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta::full_ring_story_test {
namespace {

constexpr std::size_t kLetter = 8'000;  // Bytes: it goes through the ring itself.
constexpr int kLetters = 2 * static_cast<int>(LinkLayout::kRingBytes / kLetter);
// A story has some thousand steps.
unsigned stories() { return static_cast<unsigned>(std::max<std::size_t>(2, explore_flags().walks / 8)); }

std::string letter(int number) { return std::string(kLetter, static_cast<char>('a' + number % 26)); }

// Whether anybody's ring was ever full; its code runs on one thread at a time.
struct Seen {
  bool full_to_node = false;
  bool full_to_worker = false;
};

class Writer {
 public:
  void meet(const Actor<Writer>& other) { other_ = other; }
  // Without a wait between.
  int write(int count) {
    for (int i = 0; i < count; ++i) sent_.push_back(other_.call<&Writer::answer>(letter(i), i));
    return count;
  }
  // Comes from the other one, who is told of it at once.
  std::string answer(const std::string& text, int number) {
    read_ += text == letter(number) ? 1 : -1'000;
    told_.push_back(other_.call<&Writer::tell>(number));
    return text;
  }
  void tell(int number) { sum_ += number; }

  // Those of its letters that came back as they went.
  int count_answers() {
    int right = 0;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto got = get(sent_[i]);
      right += got && *got == letter(static_cast<int>(i)) ? 1 : 0;
    }
    sent_.clear();
    told_.clear();
    return right;
  }
  int read() { return read_; }
  int sum() { return sum_; }

 private:
  Actor<Writer> other_;
  std::vector<ObjectRef<std::string>> sent_;
  std::vector<ObjectRef<void>> told_;
  int read_ = 0;
  int sum_ = 0;
};

class Story {
 public:
  Story(unsigned seed, std::uint32_t direct_after) : random_(seed), world_({.direct_after = direct_after}) {
    left_.call<&Writer::meet>(right_);
    right_.call<&Writer::meet>(left_);
  }

  // In a drawn order; who is drawn goes on for a while, so that rings fill and run empty.
  void take_steps(unsigned most = ~0u) {
    for (unsigned i = 0; i < most; ++i) {
      const auto steps = world_.steps();
      if (steps.empty()) return;
      const auto same = std::find(steps.begin(), steps.end(), last_);
      if (random_() % 32 == 0 || same == steps.end()) last_ = steps[random_() % steps.size()];
      world_.take(last_);
      look();
    }
  }
  void kill_one() {
    const auto living = world_.living();
    if (!living.empty()) world_.kill(living[random_() % living.size()]);
  }
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  InProcessWorld& world() { return world_; }
  const Actor<Writer>& left() const { return left_; }
  const Actor<Writer>& right() const { return right_; }
  const Seen& seen() const { return seen_; }

 private:
  void look() {
    for (const auto& [id, worker] : world_.launcher().workers()) {
      seen_.full_to_node |= worker->waits_for_room();
      seen_.full_to_worker |= worker->node_waits_for_room();
    }
  }

  std::mt19937 random_;
  InProcessWorld world_;
  const Actor<Writer> left_ = actor<Writer>();
  const Actor<Writer> right_ = actor<Writer>();
  InProcessWorld::Step last_;
  Seen seen_;
};

template <class T>
void expect_value(const ObjectRef<T>& ref, const T& expected, unsigned seed) {
  ASSERT_TRUE(ref.is_ready()) << seed << ": it waits for ever";
  const auto got = get(ref);
  ASSERT_TRUE(got) << seed << ": " << got.error().message;
  ASSERT_EQ(*got, expected) << seed;
}

// `both`: right writes as well.
void tell_of_two(unsigned seed, std::uint32_t direct_after, bool both, Seen& seen) {
  constexpr int kSum = kLetters * (kLetters - 1) / 2;
  Story story(seed, direct_after);
  std::vector<ObjectRef<int>> written = {story.left().call<&Writer::write>(kLetters)};
  story.take_steps(story.draw(100));
  if (both) written.push_back(story.right().call<&Writer::write>(kLetters));

  story.take_steps();

  for (const auto& ref : written) ASSERT_NO_FATAL_FAILURE(expect_value(ref, kLetters, seed));
  const auto answers = story.left().call<&Writer::count_answers>();
  const auto read = story.right().call<&Writer::read>();
  const auto sum = story.left().call<&Writer::sum>();
  const auto other_answers = story.right().call<&Writer::count_answers>();
  const auto other_read = story.left().call<&Writer::read>();
  const auto other_sum = story.right().call<&Writer::sum>();
  story.take_steps();
  ASSERT_NO_FATAL_FAILURE(expect_value(answers, kLetters, seed));
  ASSERT_NO_FATAL_FAILURE(expect_value(read, kLetters, seed));
  ASSERT_NO_FATAL_FAILURE(expect_value(sum, kSum, seed));
  ASSERT_NO_FATAL_FAILURE(expect_value(other_answers, both ? kLetters : 0, seed));
  ASSERT_NO_FATAL_FAILURE(expect_value(other_read, both ? kLetters : 0, seed));
  ASSERT_NO_FATAL_FAILURE(expect_value(other_sum, both ? kSum : 0, seed));
  ASSERT_TRUE(story.world().launcher().killed().empty()) << seed;
  seen.full_to_node |= story.seen().full_to_node;
  seen.full_to_worker |= story.seen().full_to_worker;
}

void tell_all(bool both) {
  for (const std::uint32_t direct_after : {0u, 1u}) {
    Seen seen;
    for (unsigned seed = 1; seed <= stories(); ++seed) ASSERT_NO_FATAL_FAILURE(tell_of_two(seed, direct_after, both, seen));
    EXPECT_TRUE(seen.full_to_node) << direct_after;
    EXPECT_TRUE(seen.full_to_worker) << direct_after;
  }
}

TEST(FullRingStoryTest, OneThatWritesMoreThanTheRingsHoldIsAnsweredOnce) { tell_all(false); }

TEST(FullRingStoryTest, SoAreTwoThatCallEachOtherBackWhileAllRingsAreFull) { tell_all(true); }

TEST(FullRingStoryTest, WhoeverDiesWheneverNobodyWaitsForEver) {
  for (unsigned seed = 1; seed <= stories(); ++seed) {
    Story story(seed, seed % 2);
    const auto first = story.left().call<&Writer::write>(kLetters);
    const auto second = story.right().call<&Writer::write>(kLetters);
    story.take_steps(story.draw(2'000));

    story.kill_one();
    story.take_steps();

    const auto answers = story.left().call<&Writer::count_answers>();
    const auto others = story.right().call<&Writer::count_answers>();
    story.take_steps();
    for (const auto& ref : {first, second, answers, others}) ASSERT_TRUE(ref.is_ready()) << seed;
    ASSERT_TRUE(get(answers) || get(others)) << seed << ": one died, not both";
    ASSERT_TRUE(story.world().launcher().killed().empty()) << seed;
  }
}

// Broken on purpose: this is found.
TEST(FullRingStoryTest, OneThatSleepsThroughItsBellIsFound) {
  bool is_found = false;
  for (unsigned seed = 1; seed <= stories() && !is_found; ++seed) {
    Story story(seed, 0);
    story.world().disturb_by([](InProcessWorker& worker) { worker.sleep_through(); });
    const auto written = story.left().call<&Writer::write>(kLetters);
    story.take_steps();
    const auto answers = story.left().call<&Writer::count_answers>();
    story.take_steps();
    is_found = !written.is_ready() || !answers.is_ready();
  }
  EXPECT_TRUE(is_found);
}

}  // namespace
}  // namespace manta::full_ring_story_test
