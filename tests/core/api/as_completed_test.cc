// SPDX-License-Identifier: Apache-2.0
#include "core/api/as_completed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/actor.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::as_completed_test {
namespace {

using ::testing::ElementsAre;

int identity(int number) { return number; }
int fail(int number) { throw std::runtime_error("no " + std::to_string(number)); }
int value_after(const std::string& gate, int value) {
  Gate::stand_at(gate);
  return value;
}
int die() {
  ::raise(SIGKILL);
  return 0;
}

template <class T>
std::vector<std::size_t> indices_of(AsCompleted<T>&& all) {
  std::vector<std::size_t> indices;
  for (auto& [index, ref] : all) indices.push_back(index);
  return indices;
}

TEST(AsCompletedTest, RefsComeInTheOrderInWhichTheyBecomeReady) {
  Promise<int> a, b, c;
  AsCompleted<int> all = as_completed(std::vector{a.ref(), b.ref(), c.ref()});

  c.set(3);
  a.set(1);

  const auto first = all.next().value();
  EXPECT_EQ(first->index, 2u);
  EXPECT_EQ(get(first->ref).value(), 3);
  EXPECT_EQ(all.next().value()->index, 0u);
  EXPECT_EQ(all.pending(), 1u);
  b.set(2);
  EXPECT_EQ(get(all.next().value()->ref).value(), 2);
  EXPECT_FALSE(all.next().value());
  EXPECT_FALSE(all.next().value()) << "and so it stays";
}

TEST(AsCompletedTest, ThoseThatAreReadyComeFirstInTheirOrder) {
  Promise<int> late;
  const std::vector refs = {put(0), late.ref(), put(2), put(3)};
  std::vector<std::size_t> indices;

  for (auto& [index, ref] : as_completed(refs)) {
    EXPECT_TRUE(ref.is_ready());
    indices.push_back(index);
    if (indices.size() == 3) late.set(1);
  }

  EXPECT_THAT(indices, ElementsAre(0, 2, 3, 1));
}

TEST(AsCompletedTest, OfNoneThereIsNone) {
  AsCompleted<int> none = as_completed(std::vector<ObjectRef<int>>());

  EXPECT_EQ(none.pending(), 0u);
  EXPECT_FALSE(none.next().value());
}

TEST(AsCompletedTest, ResultsOfTasksComeEachOnce) {
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 500; ++i) refs.push_back(remote<identity>(i));

  std::vector<int> seen(500);
  for (auto& [index, ref] : as_completed(refs)) seen.at(index) += get(ref).value() == static_cast<int>(index) ? 1 : 100;

  EXPECT_EQ(seen, std::vector<int>(500, 1));
}

TEST(AsCompletedTest, OneThatTakesLongKeepsNobodyWaiting) {
  Gate gate;
  AsCompleted<int> all = as_completed(std::vector{remote<value_after>(gate.path(), 0), remote<identity>(1)});
  gate.meet();

  EXPECT_EQ(all.next().value()->index, 1u);
  gate.let_through();
  EXPECT_EQ(all.next().value()->index, 0u);
}

TEST(AsCompletedTest, ErrorsAndDeathsComeAsValuesDo) {
  AsCompleted<int> all = as_completed(std::vector{remote<fail>(1), remote<die>(), ObjectRef<int>()});
  std::vector<ErrorCode> codes(3);

  for (auto& [index, ref] : all) codes.at(index) = get(ref).error().code;

  EXPECT_THAT(codes, ElementsAre(ErrorCode::kTaskFailed, ErrorCode::kWorkerDied, ErrorCode::kFailedPrecondition));
}

TEST(AsCompletedTest, ACancelledOneComes) {
  Gate gate;
  const auto ref = remote<value_after>(gate.path(), 1);
  AsCompleted<int> all = as_completed(std::vector{ref});
  gate.meet();

  cancel(ref);

  EXPECT_EQ(get(all.next().value()->ref).error().code, ErrorCode::kCancelled);
}

TEST(AsCompletedTest, NextEndsAtItsTimeoutAndLosesNothing) {
  Promise<int> promise;
  AsCompleted<int> all = as_completed(std::vector{promise.ref()});

  EXPECT_EQ(all.next(std::chrono::nanoseconds(1)).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(all.next(Duration::zero()).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(all.pending(), 1u);
  promise.set(5);

  EXPECT_EQ(get(all.next(Duration::zero()).value()->ref).value(), 5) << "what is there needs no time";
}

TEST(AsCompletedTest, MoreMayBeAddedAtAnyTime) {
  AsCompleted<int> all = as_completed(std::vector{remote<identity>(0)});
  std::vector<std::size_t> indices;

  for (auto& [index, ref] : all) {
    EXPECT_EQ(get(ref).value(), static_cast<int>(index));
    indices.push_back(index);
    if (index < 99) all.add(remote<identity>(static_cast<int>(index) + 1)).value();
  }
  all.add(put(7)).value();

  EXPECT_EQ(indices.size(), 100u);
  EXPECT_EQ(all.next().value()->index, 100u);
}

TEST(AsCompletedTest, TheSameRefTwiceComesTwice) {
  const auto ref = remote<identity>(1);

  EXPECT_THAT(indices_of(as_completed(std::vector{ref, ref})), ElementsAre(0, 1));
}

TEST(AsCompletedTest, AGivenRefIsKeptByNobodyElse) {
  Promise<int> promise;
  std::weak_ptr<ObjectState> given, pending;
  {
    AsCompleted<int> all = as_completed(std::vector{put(1), promise.ref()});
    pending = promise.ref().state();
    given = all.next().value()->ref.state();
    EXPECT_TRUE(given.expired());
  }
  promise = Promise<int>();

  EXPECT_TRUE(pending.expired()) << "nor does its end leave anything";
}

TEST(AsCompletedTest, ItMayEndBeforeItsRefsAreReady) {
  Promise<int> promise;
  { const AsCompleted<int> all = as_completed(std::vector{promise.ref()}); }

  promise.set(1);

  EXPECT_EQ(get(promise.ref()).value(), 1);
}

TEST(AsCompletedTest, MovedItIsTheSame) {
  Promise<int> a, b;
  AsCompleted<int> first = as_completed(std::vector{a.ref(), put(1)});
  AsCompleted<int> moved = std::move(first);
  AsCompleted<int> assigned = as_completed(std::vector{b.ref()});
  assigned = std::move(moved);

  a.set(0);

  EXPECT_THAT(indices_of(std::move(assigned)), ElementsAre(1, 0));
}

TEST(AsCompletedTest, ReadyOnOtherThreads) {
  std::vector<Promise<int>> promises(1'000);
  std::vector<ObjectRef<int>> refs;
  for (const auto& promise : promises) refs.push_back(promise.ref());
  AsCompleted<int> all = as_completed(std::move(refs));
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < 4; ++first)
    threads.emplace_back([&promises, first] {
      for (std::size_t i = first; i < promises.size(); i += 4) promises[i].set(static_cast<int>(i));
    });

  int sum = 0;
  for (auto& [index, ref] : all) sum += get(ref).value();
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(sum, 999 * 1'000 / 2);
}

int sum_in_worker(int count) {
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < count; ++i) refs.push_back(remote<identity>(i));
  int sum = 0;
  for (auto& [index, ref] : as_completed(refs)) sum += get(ref).value();
  return sum;
}

TEST(AsCompletedTest, AWorkerHasItToo) { EXPECT_EQ(get(remote<sum_in_worker>(200)).value(), 199 * 200 / 2); }

class Gatherer {
 public:
  Async<int> sum(std::vector<ObjectRef<int>> refs) {
    AsCompleted<int> all = as_completed(std::move(refs));
    int sum = 0;
    for (;;) {
      const auto next = co_await all;
      if (!next.value()) break;
      sum += get(next.value()->ref).value();
      ++seen_;
    }
    co_return sum;
  }
  int seen() const { return seen_; }
  int one() { return 1; }
  ErrorCode wait_for_itself(const Actor<Gatherer>& self) {
    for (auto& [index, ref] : as_completed(std::vector{self.call<&Gatherer::one>(), self.call<&Gatherer::one>()}))
      if (const auto value = get(ref); !value) return value.error().code;
    return ErrorCode::kInternal;
  }

 private:
  int seen_ = 0;
};

TEST(AsCompletedTest, ACoroutineAwaitsTheNext) {
  const auto gatherer = actor<Gatherer>();
  Promise<int> a, b;
  const auto sum = gatherer.call<&Gatherer::sum>(std::vector{a.ref(), put(1), b.ref()});
  b.set(20);
  while (get(gatherer.call<&Gatherer::seen>()).value() < 2) {
  }
  EXPECT_FALSE(sum.is_ready()) << "it waits without keeping the actor";

  a.set(300);

  EXPECT_EQ(get(sum).value(), 321);
}

TEST(AsCompletedTest, AnActorThatWaitsForItselfIsTold) {
  const auto gatherer = actor<Gatherer>();

  EXPECT_EQ(get(gatherer.call<&Gatherer::wait_for_itself>(gatherer)).value(), ErrorCode::kFailedPrecondition);
}

TEST(AsCompletedTest, AForkedCopyIsToldByGet) {
  Promise<int> promise;
  AsCompleted<int> all = as_completed(std::vector{promise.ref(), promise.ref()});

  const pid_t copy = ::fork();
  if (copy == 0) {
    int told = 0;
    for (auto& [index, ref] : all) told += get(ref).error().code == ErrorCode::kFailedPrecondition ? 1 : 0;
    ::_exit(told);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(copy, &status, 0), copy);

  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace manta::as_completed_test
