// SPDX-License-Identifier: Apache-2.0
// Many calls, many actors, rings that fill up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::load_test {
namespace {

int square(int number) { return number * number; }

class Counter {
 public:
  int add(int by) { return sum_ += by; }
  std::string echo(const std::string& text) { return text; }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 0;
  }
  SharedArray<char> make(std::size_t count) { return SharedArray<char>(std::vector<char>(count, 'm')); }

 private:
  int sum_ = 0;
};

// Calls another one, or itself, so often that no ring holds it all, and is called back as often meanwhile.
class Player {
 public:
  void play(const Actor<Player>& other, const Actor<Player>& self, int balls) {
    for (int i = 0; i < balls; ++i) other.call<&Player::hit_back>(self, std::string(kWeight, 'o'), i);
  }
  void hit_back(const Actor<Player>& to, const std::string& ball, int number) { to.call<&Player::take>(ball, number); }
  void take(const std::string& ball, int number) {
    in_order_ = in_order_ && ball.size() == kWeight && number == taken_;
    ++taken_;
  }
  int taken() const { return in_order_ ? taken_ : -1; }
  void finish() {}

 private:
  static constexpr std::size_t kWeight = 2000;

  bool in_order_ = true;
  int taken_ = 0;
};

TEST(LoadTest, AThousandTasksInFlightAllAnswer) {
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 1'000; ++i) refs.push_back(remote<square>(i));

  const auto values = get(refs).value();

  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i * i);
}

TEST(LoadTest, AThousandCallsOfOneActorAllAnswerInOrder) {
  const auto counter = actor<Counter>();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 1'000; ++i) refs.push_back(counter.call<&Counter::add>(1));

  const auto values = get(refs).value();

  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], i + 1);
}

TEST(LoadTest, ActorsCallEachOtherBackWhileTheQueuesOfBothAreFull) {
  constexpr int kBalls = 1'000;  // Four times what a ring holds.
  const auto left = actor<Player>();
  const auto right = actor<Player>();
  const auto there = left.call<&Player::play>(right, left, kBalls);
  const auto back = right.call<&Player::play>(left, right, kBalls);
  get(there).value();
  get(back).value();
  get(left.call<&Player::finish>()).value();  // Behind what it was to hit back.
  get(right.call<&Player::finish>()).value();

  EXPECT_EQ(get(left.call<&Player::taken>()).value(), kBalls);
  EXPECT_EQ(get(right.call<&Player::taken>()).value(), kBalls);
}

TEST(LoadTest, SoDoesAnActorThatCallsItself) {
  constexpr int kBalls = 1'000;
  const auto player = actor<Player>();
  get(player.call<&Player::play>(player, player, kBalls)).value();
  get(player.call<&Player::finish>()).value();  // Behind what it was to hit back, and before what comes of that.

  EXPECT_EQ(get(player.call<&Player::taken>()).value(), kBalls);
}

TEST(LoadTest, TwoHundredActorsLiveAtOnce) {
  std::vector<Actor<Counter>> counters;
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 200; ++i) {
    counters.push_back(actor<Counter>());
    refs.push_back(counters.back().call<&Counter::add>(i));
  }

  const auto values = get(refs).value();

  for (int i = 0; i < 200; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], i);
}

// While the actor stands at the gate, far more than a ring holds is sent to it; the answers fill the other ring.
TEST(LoadTest, CallsBeyondTheRingWaitAndArriveInOrder) {
  Gate gate;
  const auto counter = actor<Counter>();
  const auto standing = counter.call<&Counter::stand_at>(gate.path());
  gate.meet();
  std::vector<ObjectRef<std::string>> refs;
  for (int i = 0; i < 300; ++i)
    refs.push_back(counter.call<&Counter::echo>(std::to_string(i) + std::string(6000, '.')));

  gate.let_through();

  for (int i = 0; i < 300; ++i) ASSERT_EQ(std::stoi(get(refs[static_cast<std::size_t>(i)]).value()), i);
}

// The grant of a range of the store waits behind calls that fill the ring: the worker must take them all to get it.
TEST(LoadTest, AWorkerGetsItsRangeOfTheStoreBehindAFullRing) {
  for (int round = 0; round < 5; ++round) {
    Gate gate;
    const auto counter = actor<Counter>();
    const auto standing = counter.call<&Counter::stand_at>(gate.path());
    gate.meet();
    const auto made = counter.call<&Counter::make>(std::size_t{100'000});
    ObjectRef<std::string> last;
    for (int i = 0; i < 200; ++i) last = counter.call<&Counter::echo>(std::string(6000, '.'));

    gate.let_through();

    ASSERT_EQ(get(made)->size(), 100'000u);
    ASSERT_EQ(get(last)->size(), 6000u);
  }
}

int stand_if(const std::string& gate) {
  if (!gate.empty()) Gate::stand_at(gate);
  return ::getpid();
}
int leave_if(bool leave) {
  if (leave) ::_exit(7);
  return 1;
}
// Waits for a task that may stand behind it in the same worker.
int wait_for_other(int depth) { return depth == 0 ? 0 : get(remote<wait_for_other>(depth - 1)).value() + 1; }

// Tasks that take but a moment are sent ahead to workers that are busy. The first ones show how long they take.
void show_that_it_is_short() {
  for (int i = 0; i < 50; ++i) ASSERT_EQ(get(remote<leave_if>(false)).value(), 1);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(get(remote<wait_for_other>(0)).value(), 0);
  for (int i = 0; i < 50; ++i) ASSERT_GT(get(remote<stand_if>(std::string())).value(), 0);
}

TEST(LoadTest, AWorkerThatDiesTakesOnlyTheTaskThatItRan) {
  show_that_it_is_short();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 500; ++i) refs.push_back(remote<leave_if>(i % 100 == 50));

  for (int i = 0; i < 500; ++i) {
    const auto outcome = get(refs[static_cast<std::size_t>(i)]);
    ASSERT_EQ(outcome.has_value(), i % 100 != 50) << i;
  }
}

TEST(LoadTest, TasksThatWaitForTasksBehindThemAreNoDeadlock) {
  show_that_it_is_short();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 60; ++i) refs.push_back(remote<wait_for_other>(5));

  for (const auto& ref : refs) ASSERT_EQ(get(ref).value(), 5);
}

TEST(LoadTest, NoTaskStandsBehindOneThatTakesLongWhileThereIsRoom) {
  show_that_it_is_short();
  Gate gate;
  const auto standing = remote<stand_if>(gate.path());
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 200; ++i) refs.push_back(remote<stand_if>(std::string()));

  for (const auto& ref : refs) ASSERT_GT(get(ref).value(), 0);

  gate.meet();
  gate.let_through();
  EXPECT_GT(get(standing).value(), 0);
}

}  // namespace
}  // namespace manta::load_test
