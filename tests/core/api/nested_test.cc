// SPDX-License-Identifier: Apache-2.0
// Code in workers makes calls itself; refs and handles travel inside values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/objects/object_store.h"
#include "tests/support/process_watch.h"

namespace manta::nested_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }
int fail_with(const std::string& text) { throw std::runtime_error(text); }

// Each waits for two others: far more wait than there are CPUs.
Result<int> fibonacci(int n) {
  if (n < 2) return n;
  const auto a = remote<fibonacci>(n - 1);
  const auto b = remote<fibonacci>(n - 2);
  MANTA_ASSIGN_OR_RETURN(const int first, get(a));
  MANTA_ASSIGN_OR_RETURN(const int second, get(b));
  return first + second;
}

class Counter {
 public:
  explicit Counter(int start = 0) : count_(start) {}
  int add(int by) { return count_ += by; }
  int process() const { return ::getpid(); }

 private:
  int count_;
};

int count_through(const Actor<Counter>& counter, int by) { return get(counter.call<&Counter::add>(by)).value(); }
Actor<Counter> make_counter(int start) { return actor<Counter>(start); }
int make_and_use(int start) { return get(actor<Counter>(start).call<&Counter::add>(1)).value(); }

struct Parcel {
  std::string label;
  std::vector<ObjectRef<int>> numbers;
  std::map<std::string, Actor<Counter>> counters;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(label, numbers, counters);
  }
};

Result<int> sum_of(const Parcel& parcel) {
  MANTA_ASSIGN_OR_RETURN(const std::vector<int> numbers, get(parcel.numbers));
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}
Parcel pack(int count) {
  Parcel parcel{.label = "made in a worker", .numbers = {}, .counters = {}};
  for (int i = 0; i < count; ++i) parcel.numbers.push_back(i % 2 == 0 ? remote<add>(i, 0) : put(i));
  parcel.counters["c"] = actor<Counter>(100);
  return parcel;
}
ObjectRef<int> delegate(int a, int b) { return remote<add>(a, b); }
ObjectRef<int> hand_back(ObjectRef<int> ref) { return ref; }

// Keeps what it is given, beyond the call. array_test.cc has a Keeper with a drop() too: calls must not reach that one.
class Keeper {
 public:
  void keep(ObjectRef<int> ref) { ref_ = std::move(ref); }
  void keep_counter(Actor<Counter> counter) { counter_ = std::move(counter); }
  void keep_array(ObjectRef<SharedArray<double>> array) { array_ = std::move(array); }
  Result<int> value() const { return get(ref_); }
  int count(int by) { return count_through(counter_, by); }
  Result<double> first() const {
    MANTA_ASSIGN_OR_RETURN(const SharedArray<double> array, get(array_));
    return array[0];
  }
  void drop() {
    ref_ = {};
    counter_ = {};
    array_ = {};
  }
  Actor<Counter> make_child(bool detached) {
    child_ = actor<Counter>.with({.lifetime = detached ? ActorLifetime::kDetached : ActorLifetime::kHandles})(5);
    return child_;
  }
  int leave() { ::_exit(3); }

 private:
  ObjectRef<int> ref_;
  Actor<Counter> counter_;
  Actor<Counter> child_;
  ObjectRef<SharedArray<double>> array_;
};

ObjectRef<SharedArray<double>> put_array(std::size_t count) {
  auto array = make_array<double>({count}).value();
  std::fill(array.begin(), array.end(), 2.5);
  return put(std::move(array).seal());
}
double sum_array(const SharedArray<double>& array) { return std::accumulate(array.begin(), array.end(), 0.0); }
Result<double> sum_through(const SharedArray<double>& array) { return get(remote<sum_array>(array)); }

Arena& store() { return *static_cast<ObjectStore&>(internal::current_caller()->allocator()).arena(); }

TEST(NestedTest, ATaskStartsTasksAndWaitsForThem) { EXPECT_EQ(get(remote<fibonacci>(9)).value(), 34); }

TEST(NestedTest, AnErrorOfAnInnerTaskReachesWhoeverAsks) {
  const auto inner = remote<fail_with>("broken inside");
  Parcel parcel{.label = "", .numbers = {inner}, .counters = {}};

  const auto outcome = get(remote<sum_of>(parcel));

  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(outcome.error().message, HasSubstr("broken inside"));
}

TEST(NestedTest, ARefAsItselfIsNotResolved) {
  const auto number = remote<add>(1, 2);

  EXPECT_EQ(get(get(remote<hand_back>(number)).value()).value(), 3);
  EXPECT_EQ(get(get(remote<delegate>(20, 3)).value()).value(), 23);
}

TEST(NestedTest, RefsInsideAStructArriveAsRefs) {
  Parcel parcel{.label = "six", .numbers = {put(1), remote<add>(1, 1), put(3)}, .counters = {}};

  EXPECT_EQ(get(remote<sum_of>(parcel)).value(), 6);
}

TEST(NestedTest, AWorkersRefsOutliveItsCall) {
  const Parcel parcel = get(remote<pack>(10)).value();

  EXPECT_EQ(parcel.label, "made in a worker");
  EXPECT_EQ(get(remote<sum_of>(parcel)).value(), 45);
  EXPECT_EQ(get(parcel.numbers.at(7)).value(), 7);
  EXPECT_EQ(get(parcel.counters.at("c").call<&Counter::add>(1)).value(), 101);
}

TEST(NestedTest, AnEmptyRefStaysEmpty) {
  Parcel parcel{.label = "", .numbers = {ObjectRef<int>()}, .counters = {{"none", {}}}};

  EXPECT_EQ(get(remote<sum_of>(parcel)).error().code, ErrorCode::kFailedPrecondition);
}

TEST(NestedTest, ATaskUsesAnActorThatItWasGiven) {
  const auto counter = actor<Counter>(10);

  const auto first = remote<count_through>(counter, 1);
  EXPECT_EQ(get(first).value(), 11);
  const auto second = remote<count_through>(counter, 5);

  EXPECT_EQ(get(second).value(), 16);
  EXPECT_EQ(get(counter.call<&Counter::add>(1)).value(), 17);
}

TEST(NestedTest, ATaskMakesAnActor) {
  EXPECT_EQ(get(remote<make_and_use>(7)).value(), 8);

  const auto counter = get(remote<make_counter>(70)).value();
  EXPECT_EQ(get(counter.call<&Counter::add>(7)).value(), 77);
  EXPECT_TRUE(counter.is_alive());
}

TEST(NestedTest, AnActorKeepsRefsAndHandles) {
  const auto keeper = actor<Keeper>();
  auto counter = actor<Counter>(1);
  const int pid = get(counter.call<&Counter::process>()).value();
  const ProcessWatch watch(pid);
  {
    const auto number = remote<add>(40, 2);
    get(keeper.call<&Keeper::keep>(put(number))).value();
    get(keeper.call<&Keeper::keep_counter>(counter)).value();
  }
  counter = {};

  EXPECT_EQ(get(keeper.call<&Keeper::value>()).value(), 42);
  EXPECT_EQ(get(keeper.call<&Keeper::count>(2)).value(), 3);
  EXPECT_FALSE(watch.has_ended());
  get(keeper.call<&Keeper::drop>()).value();
  watch.wait_until_ended();  // With its last handle, which was in another process.
}

TEST(NestedTest, AnArrayThatAWorkerPutsIsReadInPlaceAndFreedAtLast) {
  const std::size_t before = store().used();
  {
    const auto array = get(remote<put_array>(std::size_t{200'000})).value();
    const auto here = get(array).value();
    EXPECT_NE(store().block_of(here.data(), here.block()), nullptr);
    EXPECT_EQ(here[199'999], 2.5);
    EXPECT_EQ(get(remote<sum_through>(array)).value(), 500'000.0);
    const auto keeper = actor<Keeper>();
    get(keeper.call<&Keeper::keep_array>(put(array))).value();
    EXPECT_EQ(get(keeper.call<&Keeper::first>()).value(), 2.5);
    get(keeper.call<&Keeper::drop>()).value();
    EXPECT_EQ(get(keeper.call<&Keeper::keep_array>(put(array))).has_value(), true);
    keeper.kill();
    EXPECT_EQ(get(keeper.call<&Keeper::first>()).error().code, ErrorCode::kActorDied);
  }
  // Chunks that idle workers have on lease count as used; the array itself is gone.
  EXPECT_LT(store().used(), before + std::size_t{200'000} * sizeof(double));
}

TEST(NestedTest, AnActorEndsWithTheActorThatMadeIt) {
  const auto keeper = actor<Keeper>();
  const auto child = get(keeper.call<&Keeper::make_child>(false)).value();
  const int pid = get(child.call<&Counter::process>()).value();
  const ProcessWatch watch(pid);

  const auto death = child.monitor();
  EXPECT_FALSE(get(keeper.call<&Keeper::leave>()));
  watch.wait_until_ended();
  EXPECT_FALSE(get(death).value().is_expected);

  const auto outcome = get(child.call<&Counter::add>(1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(outcome.error().message, HasSubstr("owner"));
}

TEST(NestedTest, ADetachedActorDoesNot) {
  const auto keeper = actor<Keeper>();
  auto child = get(keeper.call<&Keeper::make_child>(true)).value();
  const ProcessWatch watch(get(child.call<&Counter::process>()).value());

  EXPECT_FALSE(get(keeper.call<&Keeper::leave>()));

  EXPECT_EQ(get(child.call<&Counter::add>(1)).value(), 6);
  child.kill();
  watch.wait_until_ended();
}

int count_named(const std::string& name, int by) {
  return get(get_actor<Counter>(name).value().call<&Counter::add>(by)).value();
}
std::string error_of_missing(const std::string& name) { return to_string(get_actor<Counter>(name).error()); }

TEST(NestedTest, AnActorIsFoundByItsNameFromAnywhere) {
  const auto counter = actor<Counter>.with({.name = "tally"})(3);

  EXPECT_EQ(get(get_actor<Counter>("tally").value().call<&Counter::add>(1)).value(), 4);
  EXPECT_EQ(get(remote<count_named>("tally", 2)).value(), 6);
  EXPECT_THAT(get(remote<error_of_missing>("tallly")).value(), AllOf(HasSubstr("tallly"), HasSubstr("\"tally\"")));
  EXPECT_EQ(get_actor<Keeper>("tally").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(get_actor<Counter>("nobody").error().code, ErrorCode::kNotFound);
}

TEST(NestedTest, ANameIsFreeAsSoonAsItsActorIsDead) {
  for (int i = 0; i < 20; ++i) {
    const auto counter = actor<Counter>.with({.name = "phoenix"})(i);
    ASSERT_EQ(get(counter.call<&Counter::add>(0)).value(), i);
    counter.kill();
    ASSERT_EQ(get(counter.call<&Counter::add>(0)).error().code, ErrorCode::kActorDied);
  }
}

// Several threads of one worker make calls and wait at once.
int sum_by_threads(int threads) {
  std::vector<int> sums(static_cast<std::size_t>(threads));
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i)
    pool.emplace_back([i, &sums] {
      for (int round = 0; round < 20; ++round) sums[static_cast<std::size_t>(i)] += get(remote<add>(i, round)).value();
    });
  for (std::thread& thread : pool) thread.join();
  return std::accumulate(sums.begin(), sums.end(), 0);
}

TEST(NestedTest, ThreadsOfAWorkerWaitIndependently) {
  EXPECT_EQ(get(remote<sum_by_threads>(4)).value(), 20 * (0 + 1 + 2 + 3) + 4 * 190);
}

std::size_t count_ready(int count) {
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < count; ++i) refs.push_back(remote<add>(i, i));
  const auto some = wait(refs, static_cast<std::size_t>(count));
  std::size_t ready = 0;
  for (const auto& ref : some.ready) ready += ref.is_ready() ? 1 : 0;
  while (!refs.back().is_ready()) std::this_thread::yield();
  return ready;
}
bool times_out() {
  const auto counter = actor<Counter>.with({.cpus = 2})(1);  // Never starts while this task has a CPU and waits not.
  const auto ref = counter.call<&Counter::add>(1);
  return !ref.is_ready() && get(ref, Duration(0)).error().code == ErrorCode::kTimeout;
}

TEST(NestedTest, WaitAndIsReadyWorkInAWorker) {
  EXPECT_EQ(get(remote<count_ready>(50)).value(), 50u);
  EXPECT_TRUE(get(remote<times_out>()).value());
}

// 10,000 references in one value.
std::vector<ObjectRef<int>> many(int count) {
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < count; ++i) refs.push_back(put(i));
  return refs;
}

TEST(NestedTest, AValueWithTenThousandRefs) {
  const auto refs = get(remote<many>(10'000)).value();

  ASSERT_EQ(refs.size(), 10'000u);
  EXPECT_EQ(get(refs[9'999]).value(), 9'999);
}

}  // namespace
}  // namespace manta::nested_test
