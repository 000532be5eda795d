// SPDX-License-Identifier: Apache-2.0
// Generators and what they come out of.
#include "core/api/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::stream_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }

Generator<int> count_to(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
}
Generator<int> fail_after(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
  throw std::runtime_error("no more than " + std::to_string(n));
}
Generator<int> die_after(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
  ::raise(SIGKILL);
}
Generator<int> sums(std::vector<int> numbers) {
  for (const int number : numbers) {
    const ObjectRef<int> sum = remote<add>.with({.cpus = 2})(number, number);
    const Result<int> value = co_await sum;
    co_yield value.value();
  }
}
Generator<SharedArray<double>> ramps(int count, std::size_t size) {
  for (int i = 0; i < count; ++i) {
    auto array = make_array<double>({size}).value();
    std::iota(array.begin(), array.end(), i);
    const SharedArray<double> sealed = std::move(array).seal();
    co_yield sealed;
  }
}
// Says at the gate that it is gone.
struct Leaving {
  std::string gate;
  ~Leaving() { Gate::stand_at(gate); }
};
Generator<int> for_ever(std::string gate) {
  const Leaving leaving{gate};
  for (int i = 1;; ++i) co_yield i;
}
Generator<int> until_asked(std::string gate) {
  const Leaving leaving{gate};
  co_yield 1;
  const Promise<int> never;
  const ObjectRef<int> wait_for_ever = never.ref();
  co_await wait_for_ever;
}

class Source {
 public:
  Generator<int> count_to(int n) {
    for (int i = 1; i <= n; ++i) {
      made_ = i;
      co_yield i;
    }
  }
  Generator<int> die_after(int n) {
    for (int i = 1; i <= n; ++i) co_yield i;
    ::raise(SIGKILL);
  }
  int made() const { return made_; }

 private:
  int made_ = 0;
};

std::vector<int> all_of(Stream<int>& stream) {
  std::vector<int> values;
  for (Result<int>& value : stream) values.push_back(value.value());
  return values;
}

TEST(StreamTest, ValuesComeInOrderThenTheEnd) {
  Stream<int> stream = remote<count_to>(3);

  EXPECT_EQ(stream.next().value(), 1);
  EXPECT_EQ(stream.next().value(), 2);
  EXPECT_EQ(stream.next().value(), 3);
  EXPECT_EQ(stream.next().value(), std::nullopt);
  EXPECT_EQ(stream.next().value(), std::nullopt) << "and stays";
}

TEST(StreamTest, OneThatYieldsNothingEndsAtOnce) { EXPECT_EQ(remote<count_to>(0).next().value(), std::nullopt); }

TEST(StreamTest, ManyValuesComeThroughAnyBuffer) {
  std::vector<int> expected(1'000);
  std::iota(expected.begin(), expected.end(), 1);
  for (const int buffer : {1, 2, 3, 16, 100, 5'000}) {
    Stream<int> stream = remote<count_to>.with({.stream_buffer = buffer})(1'000);

    EXPECT_EQ(all_of(stream), expected) << buffer;
  }
}

TEST(StreamTest, TheProducerWaitsWhileItsBufferIsUnread) {
  const auto source = actor<Source>();
  Stream<int> stream = source.with_stream_buffer(4).call<&Source::count_to>(100);
  EXPECT_EQ(get(source.call<&Source::made>()).value(), 4) << "and its actor goes on with other calls";

  EXPECT_EQ(stream.next().value(), 1);
  EXPECT_EQ(get(source.call<&Source::made>()).value(), 4) << "more is asked for when half has been read";
  EXPECT_EQ(stream.next().value(), 2);

  int last = 0;
  for (Result<int>& value : stream) last = value.value();
  EXPECT_EQ(last, 100);
}

TEST(StreamTest, AnErrorComesOnceAfterWhatCameBefore) {
  Stream<int> stream = remote<fail_after>(2);

  EXPECT_EQ(stream.next().value(), 1);
  EXPECT_EQ(stream.next().value(), 2);
  const auto failed = stream.next();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(failed.error().message, AllOf(HasSubstr("runtime_error"), HasSubstr("no more than 2")));
  EXPECT_EQ(stream.next().value(), std::nullopt);
}

TEST(StreamTest, ADeathComesOnceAfterWhatHadArrived) {
  Stream<int> of_task = remote<die_after>(20);
  Stream<int> of_actor = actor<Source>().call<&Source::die_after>(20);

  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(of_task.next().value(), i);
    EXPECT_EQ(of_actor.next().value(), i);
  }
  const auto task_died = of_task.next();
  const auto actor_died = of_actor.next();
  ASSERT_FALSE(task_died);
  ASSERT_FALSE(actor_died);
  EXPECT_EQ(task_died.error().code, ErrorCode::kWorkerDied);
  EXPECT_EQ(actor_died.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(actor_died.error().message, HasSubstr("signal 9"));
  EXPECT_EQ(of_task.next().value(), std::nullopt);
}

TEST(StreamTest, ACallThatCannotBeginIsTheStreamsError) {
  const auto source = actor<Source>();
  source.kill();
  Stream<int> of_dead = source.call<&Source::count_to>(3);
  Stream<int> too_large = remote<count_to>.with({.cpus = 1'000})(3);

  EXPECT_EQ(of_dead.next().error().code, ErrorCode::kActorDied);
  EXPECT_EQ(too_large.next().error().code, ErrorCode::kInvalidArgument);
}

TEST(StreamTest, LargeValuesAreInTheStore) {
  Stream<SharedArray<double>> stream = remote<ramps>.with({.stream_buffer = 2})(20, std::size_t{1'000'000});

  double sum = 0;
  for (Result<SharedArray<double>>& ramp : stream) sum += ramp.value()[999'999];

  EXPECT_EQ(sum, 20 * 999'999.0 + 190) << "160 MB through a store of 64 MiB";
}

TEST(StreamTest, AGeneratorMayAwait) {
  Stream<int> stream = remote<sums>.with({.cpus = 2})(std::vector{1, 2, 3});

  EXPECT_THAT(all_of(stream), ElementsAre(2, 4, 6));
}

TEST(StreamTest, TheEndOfTheStreamEndsTheGenerator) {
  Gate gate;
  {
    Stream<int> stream = remote<for_ever>(gate.path());
    EXPECT_EQ(stream.next().value(), 1);
  }
  gate.meet();
  gate.let_through();
}

TEST(StreamTest, AGeneratorWithoutReaderLeavesNoObjectBehind) {
  const auto objects_left = [] {
    const RuntimeStatus now = status().value();
    return std::any_of(now.workers.begin(), now.workers.end(), [](const auto& worker) { return worker.objects > 0; });
  };
  for (int i = 0; i < 20; ++i) {
    Stream<int> stream = remote<count_to>(1'000);
    for (int read = 0; read < 25; ++read) ASSERT_TRUE(stream.next().value());
  }

  const TimePoint deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (objects_left()) ASSERT_LT(std::chrono::steady_clock::now(), deadline) << to_string(status().value());
}

TEST(StreamTest, SoDoesCancelAlsoWhereItWaits) {
  Gate gate;
  Stream<int> stream = remote<until_asked>(gate.path());
  EXPECT_EQ(stream.next().value(), 1);
  EXPECT_EQ(stream.next(std::chrono::nanoseconds(1)).error().code, ErrorCode::kTimeout);

  stream.cancel();

  EXPECT_EQ(stream.next().value(), std::nullopt);
  gate.meet();
  gate.let_through();
}

int sum_in_worker(int n) {
  Stream<int> stream = remote<count_to>.with({.stream_buffer = 8})(n);
  int sum = 0;
  for (Result<int>& value : stream) sum += value.value();
  return sum;
}
int read_and_die(std::string gate) {
  Stream<int> stream = remote<for_ever>(gate);
  stream.next().value();
  ::raise(SIGKILL);
  return 0;
}
std::string error_in_worker() {
  Stream<int> stream = remote<die_after>(2);
  stream.next().value();
  stream.next().value();
  return to_string(stream.next().error());
}
Generator<int> doubled(int n) {
  Stream<int> stream = remote<count_to>(n);
  for (;;) {
    const Result<std::optional<int>> value = co_await stream;
    if (!value.value()) co_return;
    const int twice = 2 * **value;
    co_yield twice;
  }
}

TEST(StreamTest, WorkersReadStreamsToo) {
  EXPECT_EQ(get(remote<sum_in_worker>(500)).value(), 500 * 501 / 2);
  EXPECT_THAT(get(remote<error_in_worker>()).value(), AllOf(HasSubstr("worker_died"), HasSubstr("signal 9")));
}

TEST(StreamTest, TheDeathOfTheReaderEndsTheGenerator) {
  Gate gate;

  EXPECT_FALSE(get(remote<read_and_die>(gate.path())));

  gate.meet();
  gate.let_through();
}

TEST(StreamTest, AGeneratorMayReadAnother) {
  Stream<int> stream = remote<doubled>(40);

  int sum = 0;
  for (Result<int>& value : stream) sum += value.value();

  EXPECT_EQ(sum, 40 * 41);
}

class Mixer {
 public:
  Async<int> sum(int n) {
    Stream<int> stream = remote<count_to>(n);
    int sum = 0;
    for (;;) {
      const Result<std::optional<int>> value = co_await stream;
      if (!value.value()) break;
      sum += **value;
    }
    co_return sum;
  }
};

TEST(StreamTest, ManyCoroutinesReadManyStreams) {
  const auto mixer = actor<Mixer>();
  std::vector<ObjectRef<int>> sums;
  for (int i = 0; i < 20; ++i) sums.push_back(mixer.call<&Mixer::sum>(50));

  for (const auto& sum : sums) EXPECT_EQ(get(sum).value(), 25 * 51);
}

TEST(StreamTest, AStopLetsTheStreamEndFirst) {
  auto source = actor<Source>();
  Stream<int> stream = source.call<&Source::count_to>(200);

  source = Actor<Source>();

  int last = 0;
  for (Result<int>& value : stream) last = value.value();
  EXPECT_EQ(last, 200);
}

}  // namespace
}  // namespace manta::stream_test
