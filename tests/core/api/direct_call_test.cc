// SPDX-License-Identifier: Apache-2.0
// Actors that call each other often do so without the node: in the same order, with the same results and errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/api/runtime.h"
#include "tests/core/api/direct_call_actors.h"

namespace manta::direct::direct_call_test {
namespace {

using ::testing::HasSubstr;

TEST(DirectCallTest, WorkersThatCallEachOtherOftenDoSoWithoutTheNode) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::call_often>(callee, 10)).value();
  EXPECT_EQ(get(client.call<&Client::pairs>()).value(), 0);

  get(client.call<&Client::warm>(callee)).value();

  EXPECT_EQ(get(client.call<&Client::pairs>()).value(), 1);
  EXPECT_EQ(get(callee.call<&Callee::pairs>()).value(), 1);
  EXPECT_EQ(get(client.call<&Client::call_often>(callee, 1000)).value(), 1010);
}

TEST(DirectCallTest, TheDriverCountsTheirCalls) {
  const auto calls = [] {
    const std::string text = metrics().value();
    return std::stoll(text.substr(text.find("\nmanta_actor_calls_total ") + 25));
  };
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto before = calls();

  get(client.call<&Client::call_often>(callee, 1000)).value();

  EXPECT_EQ(calls() - before, 1001);
}

TEST(DirectCallTest, CallsArriveInTheirOrderHoweverTheyTravel) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const auto callee = actor<Callee>();
    const auto one = actor<Client>();
    const auto other = actor<Client>();

    const auto of_one = one.call<&Client::note_all>(callee, 1, 20'000, seed);
    const auto of_other = other.call<&Client::note_all>(callee, 2, 20'000, seed + 100);

    const int last_of_one = get(of_one).value();
    const int last_of_other = get(of_other).value();
    EXPECT_EQ(get(callee.call<&Callee::last>(1)).value(), last_of_one) << seed;
    EXPECT_EQ(get(callee.call<&Callee::last>(2)).value(), last_of_other) << seed;
    EXPECT_EQ(get(callee.call<&Callee::disorder>()).value(), 0) << seed;
  }
}

TEST(DirectCallTest, WhatAClientSentBeforeItAnsweredComesFirst) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  for (int i = 1; i <= 500; ++i) {
    get(client.call<&Client::send>(1)).value();
    ASSERT_EQ(get(callee.call<&Callee::add>(0)).value(), i);
  }
}

TEST(DirectCallTest, LargeResultsAndRefsComeByTheNode) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  EXPECT_EQ(get(client.call<&Client::many>(100'000)).value(), 100'000u);
  EXPECT_EQ(get(client.call<&Client::text>(100'000)).value(), 100'000u);
  EXPECT_EQ(get(client.call<&Client::text>(5000)).value(), 5000u);
  EXPECT_EQ(get(client.call<&Client::refer>(12)).value(), 12);
  EXPECT_EQ(get(client.call<&Client::both>(3)).value(), 6);
  EXPECT_EQ(get(client.call<&Client::add>(4)).value(), 4);
}

TEST(DirectCallTest, ErrorsAreThoseOfAnyCall) {
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  EXPECT_THAT(get(client.call<&Client::fail>("out of luck")).value(), HasSubstr("out of luck"));
  EXPECT_THAT(get(client.call<&Client::refuse>("not now")).value(), HasSubstr("not now"));
  EXPECT_EQ(get(client.call<&Client::add>(1)).value(), 1);
}

TEST(DirectCallTest, ACancelledCallDoesNotBegin) {
  Gate gate;
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  Gate stands;
  Gate sent;
  const auto cancelled = client.call<&Client::cancel_second>(gate.path(), stands.path(), sent.path());
  gate.meet();
  stands.meet();
  stands.let_through();
  sent.meet();
  sent.let_through();
  gate.let_through();

  EXPECT_THAT(get(cancelled).value(), HasSubstr("cancelled"));
  EXPECT_EQ(get(client.call<&Client::add>(1)).value(), 1);
  EXPECT_EQ(get(callee.call<&Callee::stood>()).value(), 1);
}

TEST(DirectCallTest, ACallThatRunsIsToldThatItIsCancelled) {
  Gate begun;
  Gate gate;
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto cancelled = client.call<&Client::cancel_running>(gate.path(), begun.path());
  begun.meet();
  begun.let_through();
  gate.meet();
  gate.let_through();

  EXPECT_THAT(get(cancelled).value(), HasSubstr("cancelled"));
  EXPECT_EQ(get(callee.call<&Callee::stood>()).value(), 1);
}

TEST(DirectCallTest, SoIsOneWhoseRefWentElsewhere) {
  Gate begun;
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto running = get(client.call<&Client::stand>(begun.path())).value();
  begun.meet();
  const auto waiting = get(client.call<&Client::stand>(begun.path())).value();

  cancel(waiting);

  EXPECT_EQ(get(waiting).error().code, ErrorCode::kCancelled);
  begun.let_through();
  EXPECT_EQ(get(running).value(), 1);
  EXPECT_EQ(get(callee.call<&Callee::stood>()).value(), 1);
}

TEST(DirectCallTest, RefsOfPendingCallsGoOn) {
  Gate gate;
  const auto callee = actor<Callee>();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto stood = client.call<&Client::stood_in_task>(gate.path());
  gate.meet();
  gate.let_through();

  EXPECT_EQ(get(stood).value(), 1);
  for (int i = 1; i <= 300; ++i) ASSERT_EQ(get(get(client.call<&Client::hand_on>(1)).value()).value(), i);
  EXPECT_EQ(get(get(client.call<&Client::hand_many_on>(50'000)).value()).value().size(), 50'000u);
}

TEST(DirectCallTest, WhatMayBeMadeAgainGoesByTheNode) {
  const auto callee = actor<Callee>.with({.max_restarts = 1})();
  const auto client = actor<Client>();

  get(client.call<&Client::call_often>(callee, 300)).value();

  EXPECT_EQ(get(client.call<&Client::pairs>()).value(), 0);
}

class Selfish {
 public:
  void meet(const Actor<Selfish>& me) { me_ = me; }
  int add(int by) { return sum_ += by; }
  int call_itself(int count) {
    for (int i = 0; i < count; ++i) me_.call<&Selfish::add>(1);
    return pairs_here();
  }

 private:
  Actor<Selfish> me_;
  int sum_ = 0;
};

TEST(DirectCallTest, AnActorThatCallsItselfDoesSoByTheNode) {
  const auto selfish = actor<Selfish>();
  get(selfish.call<&Selfish::meet>(selfish)).value();
  get(selfish.call<&Selfish::call_itself>(500)).value();

  EXPECT_EQ(get(selfish.call<&Selfish::call_itself>(500)).value(), 0);
  EXPECT_EQ(get(selfish.call<&Selfish::add>(0)).value(), 1000);
  selfish.stop();
}

// Two of them call each other, neither reading what comes, until both have sent all.
class Flooder {
 public:
  void meet(Actor<Flooder> other) { other_ = std::move(other); }
  int process() const { return ::getpid(); }
  int hear(int number) {
    if (number != heard_ + 1) ++disorder_;
    return heard_ = number;
  }
  void warm() { warm_up(other_); }
  int heard() const { return disorder_ == 0 ? heard_ : -1; }
  void flood(int count) {
    refs_.clear();
    for (int i = 1; i <= count; ++i) refs_.push_back(other_.call<&Flooder::hear>(i));
  }
  bool listen() { return get(refs_).has_value(); }
  void part() { other_ = {}; }

 private:
  Actor<Flooder> other_;
  std::vector<ObjectRef<int>> refs_;
  int heard_ = 0;
  int disorder_ = 0;
};

TEST(DirectCallTest, TwoThatFloodEachOtherGetThrough) {
  constexpr int kCalls = 20'000;
  const auto one = actor<Flooder>();
  const auto other = actor<Flooder>();
  get(one.call<&Flooder::meet>(other)).value();
  get(other.call<&Flooder::meet>(one)).value();
  get(one.call<&Flooder::warm>()).value();
  get(other.call<&Flooder::warm>()).value();

  const auto first = one.call<&Flooder::flood>(kCalls);
  const auto second = other.call<&Flooder::flood>(kCalls);

  get(first).value();
  get(second).value();
  EXPECT_TRUE(get(one.call<&Flooder::listen>()).value());
  EXPECT_TRUE(get(other.call<&Flooder::listen>()).value());
  EXPECT_EQ(get(one.call<&Flooder::heard>()).value(), kCalls);
  EXPECT_EQ(get(other.call<&Flooder::heard>()).value(), kCalls);
  get(one.call<&Flooder::part>()).value();
  get(other.call<&Flooder::part>()).value();
}

// Has a coroutine that waits for somebody else.
class Slow {
 public:
  int process() const { return ::getpid(); }
  Async<int> wait_for(std::string gate) {
    const auto stood = remote<stand_in_task>(gate);
    const auto got = co_await stood;
    co_return got.value() + 1;
  }
};

class SlowClient {
 public:
  int call(const Actor<Slow>& slow, const std::string& gate) {
    warm_up(slow);
    const auto waits = slow.call<&Slow::wait_for>(gate);
    for (int i = 0; i < 1000; ++i) get(slow.call<&Slow::process>()).value();
    return get(waits).value();
  }
};

TEST(DirectCallTest, CoroutinesAnswerWhenTheyEnd) {
  Gate gate;
  const auto slow = actor<Slow>();
  const auto client = actor<SlowClient>();
  const auto answered = client.call<&SlowClient::call>(slow, gate.path());
  gate.meet();
  gate.let_through();

  EXPECT_EQ(get(answered).value(), 6);
}

TEST(DirectCallTest, CallsOverlapInAnActorWithThreads) {
  Gate gate;
  const auto callee = actor<Callee>.with({.max_concurrency = 2})();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();
  const auto stood = get(client.call<&Client::stand>(gate.path())).value();
  gate.meet();

  EXPECT_EQ(get(client.call<&Client::add>(1)).value(), 1);

  gate.let_through();
  EXPECT_EQ(get(stood).value(), 1);
}

TEST(DirectCallTest, ALimitOfPendingCallsHolds) {
  const auto callee = actor<Callee>.with({.max_pending_calls = 10})();
  const auto client = actor<Client>();
  get(client.call<&Client::warm>(callee)).value();

  const int last = get(client.call<&Client::note_all>(callee, 1, 3000, 7u)).value();

  EXPECT_EQ(get(callee.call<&Callee::last>(1)).value(), last);
  EXPECT_EQ(get(callee.call<&Callee::disorder>()).value(), 0);
}

TEST(DirectCallTest, MoreCallersThanThereMayBeStillGetThrough) {
  const auto callee = actor<Callee>();
  std::vector<Actor<Callee>> callees;
  for (int i = 0; i < 20; ++i) callees.push_back(actor<Callee>());
  const auto client = actor<Client>();
  for (const auto& each : callees) EXPECT_EQ(get(client.call<&Client::call_often>(each, 300)).value(), 300);

  EXPECT_LE(get(client.call<&Client::pairs>()).value(), 16);
  for (const auto& each : callees) EXPECT_EQ(get(client.call<&Client::call_often>(each, 300)).value(), 600);
}

}  // namespace
}  // namespace manta::direct::direct_call_test
