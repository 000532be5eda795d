// SPDX-License-Identifier: Apache-2.0
// What holds of every process that can be called, be it a process or a part of this one: one suite for both.
#include "tests/contract/callable_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "core/api/as_completed.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta::callable_contract_test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Processes final : public CallableHost {
 public:
  void kill(int pid) override { ::kill(pid, SIGKILL); }
};

// Who goes on is drawn.
class InOneProcess final : public CallableHost {
 public:
  explicit InOneProcess(unsigned seed) : random_(seed), world_({.direct_after = 1, .node = node_of(seed)}) {
    world_.choose_by([this](const auto& steps) { return random_() % steps.size(); });
  }
  void kill(int pid) override {
    for (const std::uint64_t id : world_.living())
      if (world_.launcher().worker(id).pid() == pid) world_.kill(id);
  }

 private:
  // Each second world is one whose ids have no bit to spare.
  static NodeId node_of(unsigned seed) { return NodeId{seed % 2 == 0 ? 1 : GlobalId::kNodeMax}; }

  std::mt19937 random_;
  // So that few calls are enough for actors to call each other directly.
  InProcessWorld world_;
};

std::vector<CallableHostCase> cases() {
  std::vector<CallableHostCase> all;
  all.push_back({"Processes", [] { return std::make_unique<Processes>(); }});
  for (unsigned seed = 1; seed <= 10; ++seed)
    all.push_back({"InOneProcess" + std::to_string(seed), [seed] { return std::make_unique<InOneProcess>(seed); }});
  return all;
}

class Worker {
 public:
  explicit Worker(int start = 0) : sum_(start) {}

  int add(int by) { return sum_ += by; }
  int add_all(const std::vector<int>& values) { return sum_ = std::accumulate(values.begin(), values.end(), sum_); }
  std::vector<int> history(int by) {
    history_.push_back(by);
    return history_;
  }
  Result<int> refuse(const std::string& why) { return Error{ErrorCode::kInvalidArgument, why}; }
  int throw_it(const std::string& what) { throw std::runtime_error(what); }
  std::tuple<int, std::string> both(int number) { return {number, std::to_string(number)}; }
  std::vector<double> many(int count) { return std::vector<double>(static_cast<std::size_t>(count), 0.5); }
  double total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }
  // Says that it has begun, and goes on once it is told to.
  int hold(const Signal& begun, const Signal& go_on) {
    begun.raise();
    go_on.wait();
    return add(1);
  }
  int until_cancelled(const Signal& begun, const Signal& ended) {
    begun.raise();
    while (!is_cancelled()) std::this_thread::yield();
    ended.raise();
    return 0;
  }
  Actor<Worker> make_child(bool detached) {
    return actor<Worker>.with({.lifetime = detached ? ActorLifetime::kDetached : ActorLifetime::kHandles})(40);
  }
  // What `other` has noted of `count` calls, of which every seventh has an argument that is a ref.
  std::vector<int> tell_often(const Actor<Worker>& other, int count) {
    ObjectRef<std::vector<int>> last;
    for (int i = 0; i < count; ++i) {
      last = i % 7 == 6 ? other.call<&Worker::history>(put(i)) : other.call<&Worker::history>(i);
      if (i % 5 == 4) static_cast<void>(get(last));
    }
    return get(last).value();
  }
  // The outcomes of `count` calls, of which the last ones wait behind hold().
  std::vector<std::string> call_often(const Actor<Worker>& other, int count, const Signal& begun) {
    for (int i = 0; i < 8; ++i) static_cast<void>(get(other.call<&Worker::add>(0)));
    std::vector<ObjectRef<int>> refs = {other.call<&Worker::hold>(begun, Signal::make())};
    for (int i = 1; i < count; ++i) refs.push_back(other.call<&Worker::add>(1));
    std::vector<std::string> outcomes;
    for (const auto& ref : refs) outcomes.push_back(get(ref) ? "" : get(ref).error().message);
    return outcomes;
  }
  // A call that waits in `other`, and one behind it.
  std::vector<ObjectRef<int>> begin(const Actor<Worker>& other, const Signal& begun, const Signal& go_on) {
    for (int i = 0; i < 8; ++i) static_cast<void>(get(other.call<&Worker::add>(0)));
    other.call<&Worker::hold>(begun, go_on);
    return {other.call<&Worker::add>(10), other.call<&Worker::add>(100)};
  }
  void adopt(Actor<Worker> child) { child_ = std::move(child); }
  int through(const Actor<Worker>& other, int by) { return get(other.call<&Worker::add>(by)).value(); }
  ObjectRef<int> put_it(int value) { return put(value); }
  void keep(ObjectRef<int> ref) { kept_ = std::move(ref); }
  int read() { return get(kept_).value(); }

 private:
  int sum_;
  std::vector<int> history_;
  Actor<Worker> child_;
  ObjectRef<int> kept_;
};

int give_after(const Signal& signal, int value) {
  signal.wait();
  return value;
}

class CallableContract : public ::testing::TestWithParam<CallableHostCase> {
 protected:
  ErrorCode code_of(const ObjectRef<int>& ref) {
    const auto got = get(ref);
    return got ? ErrorCode::kInternal : got.error().code;
  }
  std::string text_of(const ObjectRef<int>& ref) {
    const auto got = get(ref);
    return got ? "it gave " + std::to_string(*got) : got.error().message;
  }

  const std::unique_ptr<CallableHost> host_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(Hosts, CallableContract, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST_P(CallableContract, CallsArriveInTheirOrder) {
  const auto worker = actor<Worker>();
  ObjectRef<std::vector<int>> last;
  for (int i = 0; i < 50; ++i) last = worker.call<&Worker::history>(i);

  std::vector<int> expected(50);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(get(last).value(), expected);
}

TEST_P(CallableContract, TheyDoAlsoWhereAnArgumentIsPending) {
  const Signal signal = Signal::make();
  const auto worker = actor<Worker>();
  const auto late = worker.call<&Worker::history>(remote<give_after>(signal, 1));
  const auto behind = worker.call<&Worker::history>(2);
  EXPECT_FALSE(behind.is_ready());

  signal.raise();

  EXPECT_EQ(get(behind).value(), (std::vector<int>{1, 2}));
  EXPECT_EQ(get(late).value(), (std::vector<int>{1}));
}

TEST_P(CallableContract, TheyDoHoweverManyAnActorMakes) {
  const auto worker = actor<Worker>();
  const auto one = actor<Worker>();

  const auto told = one.call<&Worker::tell_often>(worker, 200);

  std::vector<int> expected(200);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(get(told).value(), expected);
}

TEST_P(CallableContract, AnErrorIsAnAnswer) {
  const auto worker = actor<Worker>();
  const auto refused = worker.call<&Worker::refuse>("not today");

  EXPECT_EQ(code_of(refused), ErrorCode::kInvalidArgument);
  EXPECT_THAT(text_of(refused), HasSubstr("not today"));
  EXPECT_EQ(get(worker.call<&Worker::add>(1)).value(), 1);
}

TEST_P(CallableContract, SoIsAnException) {
  const auto worker = actor<Worker>();
  const auto thrown = worker.call<&Worker::throw_it>("out of luck");

  EXPECT_EQ(code_of(thrown), ErrorCode::kTaskFailed);
  EXPECT_THAT(text_of(thrown), HasSubstr("out of luck"));
  EXPECT_EQ(get(worker.call<&Worker::add>(1)).value(), 1);
}

TEST_P(CallableContract, ACallMayHaveSeveralResults) {
  const auto worker = actor<Worker>();
  const auto [number, text] = worker.call<&Worker::both>(7);

  EXPECT_EQ(get(text).value(), "7");
  EXPECT_EQ(get(number).value(), 7);
}

TEST_P(CallableContract, LargeValuesGoThroughTheStore) {
  const auto maker = actor<Worker>();
  const auto reader = actor<Worker>();
  const auto values = maker.call<&Worker::many>(50'000);

  EXPECT_EQ(get(reader.call<&Worker::total>(values)).value(), 25'000.0);
  EXPECT_EQ(get(values).value().size(), 50'000u);
}

TEST_P(CallableContract, AFailedArgumentFailsTheCallAlone) {
  const auto worker = actor<Worker>();
  const auto bad = worker.call<&Worker::refuse>("no number");
  const auto call = worker.call<&Worker::add>(bad);

  EXPECT_THAT(text_of(call), HasSubstr("no number"));
  EXPECT_EQ(get(worker.call<&Worker::add>(5)).value(), 5);
}

TEST_P(CallableContract, RefsOutliveWhoMadeThemInOthersHands) {
  const auto keeper = actor<Worker>();
  {
    const auto maker = actor<Worker>();
    const auto made = get(maker.call<&Worker::put_it>(9)).value();
    ASSERT_TRUE(get(keeper.call<&Worker::keep>(made)));
    host_->kill(maker.pid());
    static_cast<void>(get(maker.monitor()));
  }

  EXPECT_EQ(get(keeper.call<&Worker::read>()).value(), 9);
}

TEST_P(CallableContract, ACancelledCallThatWaitsNeverBegins) {
  const Signal begun = Signal::make();
  const Signal go_on = Signal::make();
  const auto worker = actor<Worker>();
  const auto first = worker.call<&Worker::hold>(begun, go_on);
  const auto second = worker.call<&Worker::add>(100);
  begun.wait();

  cancel(second);
  go_on.raise();

  EXPECT_EQ(code_of(second), ErrorCode::kCancelled);
  EXPECT_EQ(get(first).value(), 1);
  EXPECT_EQ(get(worker.call<&Worker::add>(0)).value(), 1);
}

TEST_P(CallableContract, ACallThatRunsIsToldOfItsCancelling) {
  const Signal begun = Signal::make();
  const Signal ended = Signal::make();
  const auto worker = actor<Worker>();
  const auto call = worker.call<&Worker::until_cancelled>(begun, ended);
  begun.wait();

  cancel(call);

  EXPECT_EQ(code_of(call), ErrorCode::kCancelled);
  ended.wait();
  EXPECT_EQ(get(worker.call<&Worker::add>(1)).value(), 1);
}

TEST_P(CallableContract, StopLetsPendingCallsEnd) {
  const auto worker = actor<Worker>();
  std::vector<ObjectRef<int>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(worker.call<&Worker::add>(1));
  worker.stop();
  const auto death = get(worker.monitor());

  EXPECT_EQ(get(calls.back()).value(), 10);
  ASSERT_TRUE(death);
  EXPECT_TRUE(death->is_expected) << death->cause;
  EXPECT_EQ(code_of(worker.call<&Worker::add>(1)), ErrorCode::kActorDied);
}

TEST_P(CallableContract, KillEndsPendingCallsWithTheCause) {
  const Signal begun = Signal::make();
  const auto worker = actor<Worker>();
  const auto running = worker.call<&Worker::hold>(begun, Signal::make());
  const auto waiting = worker.call<&Worker::add>(1);
  begun.wait();

  worker.kill();

  EXPECT_EQ(code_of(running), ErrorCode::kActorDied);
  EXPECT_THAT(text_of(waiting), HasSubstr("killed on request"));
  EXPECT_FALSE(worker.is_alive());
}

TEST_P(CallableContract, ADeathAnswersEachCallOnce) {
  const Signal begun = Signal::make();
  const auto worker = actor<Worker>();
  std::vector<ObjectRef<int>> calls = {worker.call<&Worker::hold>(begun, Signal::make())};
  for (int i = 0; i < 20; ++i) calls.push_back(worker.call<&Worker::add>(1));
  std::atomic<int> answers{0};
  Promise<void> all_answered;  // A get() may see the error before the callback has run.
  for (const auto& call : calls)
    call.then([&] {
      if (++answers == 21) all_answered.set();
    });
  begun.wait();

  host_->kill(worker.pid());

  for (const auto& call : calls) {
    EXPECT_EQ(code_of(call), ErrorCode::kActorDied);
    EXPECT_THAT(text_of(call), HasSubstr("signal 9"));
  }
  EXPECT_TRUE(get(all_answered.ref()));
  EXPECT_EQ(code_of(worker.call<&Worker::add>(1)), ErrorCode::kActorDied);
  EXPECT_EQ(answers.load(), 21);
}

TEST_P(CallableContract, ItAnswersThoseOfAnActor) {
  const Signal begun = Signal::make();
  const auto worker = actor<Worker>();
  const auto caller = actor<Worker>();
  const auto outcomes = caller.call<&Worker::call_often>(worker, 100, begun);
  begun.wait();

  host_->kill(worker.pid());

  const auto got = get(outcomes).value();
  EXPECT_EQ(got.size(), 100u);
  for (const std::string& outcome : got) EXPECT_THAT(outcome, HasSubstr("signal 9"));
}

TEST_P(CallableContract, TheResultsOfAnActorsCallsOutliveIt) {
  const Signal begun = Signal::make();
  const Signal go_on = Signal::make();
  const auto worker = actor<Worker>();
  const auto caller = actor<Worker>();
  const auto refs = get(caller.call<&Worker::begin>(worker, begun, go_on)).value();
  begun.wait();

  host_->kill(caller.pid());
  static_cast<void>(get(caller.monitor()));
  go_on.raise();

  EXPECT_EQ(get(refs.at(0)).value(), 11);
  EXPECT_EQ(get(refs.at(1)).value(), 111);
}

TEST_P(CallableContract, OrFailWithTheDeathOfWhoWasToAnswer) {
  const Signal begun = Signal::make();
  const auto worker = actor<Worker>();
  const auto caller = actor<Worker>();
  const auto refs = get(caller.call<&Worker::begin>(worker, begun, Signal::make())).value();
  begun.wait();

  host_->kill(caller.pid());
  host_->kill(worker.pid());

  EXPECT_THAT(text_of(refs.at(0)), HasSubstr("signal 9"));
  EXPECT_THAT(text_of(refs.at(1)), HasSubstr("Worker::add"));
}

TEST_P(CallableContract, ARestartedActorBeginsAnew) {
  const Signal begun = Signal::make();
  const auto worker = actor<Worker>.with({.max_restarts = 1})(50);
  const auto lost = worker.call<&Worker::hold>(begun, Signal::make());
  begun.wait();

  host_->kill(worker.pid());

  EXPECT_EQ(code_of(lost), ErrorCode::kActorDied);
  EXPECT_EQ(get(worker.call<&Worker::add>(1)).value(), 51);
}

TEST_P(CallableContract, CallsThatMayBeMadeAgainAreInTheirOrder) {
  const Signal begun = Signal::make();
  const Signal go_on = Signal::make();
  const auto worker = actor<Worker>.with({.max_restarts = 1, .max_task_retries = 1})();
  const auto first = worker.call<&Worker::history>(1);
  static_cast<void>(get(first));
  const auto held = worker.call<&Worker::hold>(begun, go_on);
  const auto second = worker.call<&Worker::history>(2);
  const auto third = worker.call<&Worker::history>(3);
  begun.wait();

  host_->kill(worker.pid());
  go_on.raise();

  EXPECT_EQ(get(held).value(), 1);
  EXPECT_EQ(get(second).value(), (std::vector<int>{2}));
  EXPECT_EQ(get(third).value(), (std::vector<int>{2, 3}));
}

TEST_P(CallableContract, AMonitorTellsTheCauseToWhoAsksBeforeAndAfter) {
  const auto worker = actor<Worker>();
  static_cast<void>(get(worker.call<&Worker::add>(1)));
  const auto before = worker.monitor();
  EXPECT_FALSE(before.is_ready());

  host_->kill(worker.pid());

  const auto death = get(before);
  ASSERT_TRUE(death);
  EXPECT_FALSE(death->is_expected);
  EXPECT_THAT(death->cause, HasSubstr("signal 9"));
  EXPECT_EQ(get(worker.monitor()).value().cause, death->cause);
}

TEST_P(CallableContract, AFullQueueFailsTheCall) {
  const Signal begun = Signal::make();
  const Signal go_on = Signal::make();
  const auto worker = actor<Worker>.with({.max_pending_calls = 2, .when_full = WhenFull::kFail})();
  const auto first = worker.call<&Worker::hold>(begun, go_on);
  const auto second = worker.call<&Worker::add>(1);

  EXPECT_EQ(code_of(worker.call<&Worker::add>(1)), ErrorCode::kExhausted);
  go_on.raise();
  EXPECT_EQ(get(second).value(), 2);
  EXPECT_EQ(get(worker.call<&Worker::add>(1)).value(), 3);
}

TEST_P(CallableContract, OrMakesTheCallerWait) {
  const auto worker = actor<Worker>.with({.max_pending_calls = 2})();
  std::vector<ObjectRef<int>> calls;
  for (int i = 0; i < 30; ++i) calls.push_back(worker.call<&Worker::add>(1));

  EXPECT_EQ(get(calls.back()).value(), 30);
}

TEST_P(CallableContract, AnActorMakesAnotherAndHandsItOut) {
  const auto parent = actor<Worker>();
  const auto child = get(parent.call<&Worker::make_child>(false)).value();

  EXPECT_EQ(get(child.call<&Worker::add>(2)).value(), 42);
  EXPECT_EQ(get(parent.call<&Worker::through>(child, 1)).value(), 43);
}

TEST_P(CallableContract, AnOwnersDeathEndsItsActorsButNotTheDetached) {
  const auto parent = actor<Worker>();
  const auto child = get(parent.call<&Worker::make_child>(false)).value();
  const auto detached = get(parent.call<&Worker::make_child>(true)).value();
  EXPECT_EQ(get(child.call<&Worker::add>(2)).value(), 42);

  host_->kill(parent.pid());

  const auto death = get(child.monitor());
  ASSERT_TRUE(death);
  EXPECT_THAT(death->cause, HasSubstr("owner"));
  EXPECT_EQ(get(detached.call<&Worker::add>(1)).value(), 41);
  detached.kill();
}

TEST_P(CallableContract, ANameCanBeUsedAgainAfterADeath) {
  const auto first = actor<Worker>.with({.name = "the one"})(1);
  EXPECT_EQ(get(get_actor<Worker>("the one").value().call<&Worker::add>(1)).value(), 2);
  host_->kill(first.pid());
  static_cast<void>(get(first.monitor()));

  const auto second = actor<Worker>.with({.name = "the one"})(5);

  EXPECT_EQ(get(get_actor<Worker>("the one").value().call<&Worker::add>(1)).value(), 6);
}

TEST_P(CallableContract, ATaskThatOutlivesItsTimeIsKilled) {
  const auto late = remote<give_after>.with({.timeout = 20ms})(Signal::make(), 1);

  EXPECT_EQ(code_of(late), ErrorCode::kTimeout);
  const Signal open = Signal::make();
  open.raise();
  EXPECT_EQ(get(remote<give_after>(open, 3)).value(), 3);
}

TEST_P(CallableContract, AGetGivesUpInTime) {
  const Signal signal = Signal::make();
  const auto late = remote<give_after>(signal, 3);

  const auto got = get(late, 10ms);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kTimeout);
  signal.raise();
  EXPECT_EQ(get(late).value(), 3);
}

TEST_P(CallableContract, EachCallIsGivenAsItEndsHoweverItDoes) {
  const Signal begun = Signal::make();
  const Signal dying = Signal::make();
  const Signal go_on = Signal::make();
  const auto slow = actor<Worker>();
  const auto quick = actor<Worker>();
  const auto mortal = actor<Worker>();
  auto all = as_completed(std::vector{slow.call<&Worker::hold>(begun, go_on), slow.call<&Worker::add>(100),
                                      quick.call<&Worker::add>(1), mortal.call<&Worker::hold>(dying, Signal::make())});
  const auto next = [&] { return *all.next().value(); };
  const auto cancelled = slow.call<&Worker::add>(7);
  all.add(cancelled).value();
  begun.wait();
  dying.wait();

  EXPECT_EQ(next().index, 2u);
  EXPECT_EQ(all.next(10ms).error().code, ErrorCode::kTimeout);
  cancel(cancelled);
  EXPECT_EQ(code_of(next().ref), ErrorCode::kCancelled);
  host_->kill(mortal.pid());
  EXPECT_THAT(text_of(next().ref), HasSubstr("signal 9"));
  go_on.raise();
  EXPECT_EQ(next().index, 0u);
  EXPECT_EQ(get(next().ref).value(), 101);
  EXPECT_FALSE(all.next().value());
}

}  // namespace
}  // namespace manta::callable_contract_test
