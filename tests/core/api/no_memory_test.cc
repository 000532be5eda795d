// SPDX-License-Identifier: Apache-2.0
// Each allocation of each operation is refused in turn, alone and with all that follow: the operation succeeds or says
// why it has not, nothing comes out of it but that, and the runtime goes on with nothing left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "core/api/stream.h"
#include "tests/support/refused_memory.h"
#include "tests/support/sanitizer.h"

namespace manta::no_memory_test {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(20);
constexpr int kLarge = 20'000;  // Elements of an array that goes to the store.

int add(int a, int b) { return a + b; }
std::string echo(const std::string& text) { return text; }
std::tuple<int, std::string> both(int number, const std::string& text) { return {number, text}; }
double sum(const SharedArray<double>& array) {
  return std::accumulate(array.data(), array.data() + array.size(), 0.0);
}
SharedArray<double> ones(int count) {
  auto builder = make_array<double>({static_cast<std::size_t>(count)}).value();
  std::fill(builder.begin(), builder.end(), 1.0);
  return std::move(builder).seal();
}
Generator<std::string> count_to(int end) {
  for (int i = 0; i < end; ++i) {
    const std::string text = "a value that is too long to lie in the string itself: " + std::to_string(i);
    co_yield text;
  }
}

class Counter {
 public:
  explicit Counter(std::string label) : label_(std::move(label)) {}
  std::string label() { return label_; }
  double add(const SharedArray<double>& array) { return sum(array); }

  // From here on the process of this actor is refused memory, in the midst of the call.
  int call_others(int first, bool and_all_after) {
    refuse_memory(Whose::kAllThreads, first, and_all_after);
    const auto answer = get(remote<no_memory_test::add>(20, 22), kPatience);
    const bool was_refused = grant_memory();
    if (!answer && answer.error().code != ErrorCode::kExhausted) return -2;
    return was_refused ? (answer ? *answer : -1) : 0;
  }
  Async<int> await_others(int first, bool and_all_after) {
    refuse_memory(Whose::kAllThreads, first, and_all_after);
    const auto ref = remote<no_memory_test::add>(20, 22);
    const auto answer = co_await ref;
    const bool was_refused = grant_memory();
    if (!answer && answer.error().code != ErrorCode::kExhausted) co_return -2;
    co_return was_refused ? (answer ? *answer : -1) : 0;
  }
  int read_stream(int first, bool and_all_after) {
    auto stream = remote<count_to>(10);
    refuse_memory(Whose::kAllThreads, first, and_all_after);
    int count = 0;
    for (auto next = stream.next(kPatience); next && *next; next = stream.next(kPatience)) ++count;
    return grant_memory() ? count : -1;
  }
  std::string answer_without(int first, bool and_all_after, const std::string& text) {
    refuse_memory(Whose::kAllThreads, first, and_all_after);
    return text;
  }

 private:
  std::string label_;
};

// What an attempt came to. An error that is expected without any refusal is one of those that tests name.
using Outcome = std::optional<Error>;

template <class T>
Outcome error_of(Result<T> result) {
  return result ? Outcome() : Outcome(std::move(result).error());
}

void expect_nothing_is_left(const std::string& where) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto now = status();
    ASSERT_TRUE(now) << now.error().message;
    std::uint64_t calls = now->queued_tasks;
    std::uint64_t objects = now->object_count;
    for (const WorkerStatus& worker : now->workers) calls += worker.calls, objects += worker.objects;
    if (now->actors.empty() && calls == 0 && objects == 0) return;
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << where << ":\n" << to_string(*now);
    std::this_thread::yield();
  }
}

// `attempt()` gives an Outcome. How many allocations there are to be refused.
template <class Attempt>
int refuse_each(Whose whose, Attempt&& attempt, ErrorCode also = ErrorCode::kExhausted) {
  constexpr int kMost = 5'000;
  int count = 0;
  for (const bool all : {false, true}) {
    for (int i = 0; i < kMost && !testing::Test::HasFailure(); ++i) {
      const std::string where = "allocation " + std::to_string(i) + (all ? " and all after it" : "");
      Outcome outcome;
      bool has_thrown = false;
      refuse_memory(whose, i, all);
      try {
        outcome = attempt();
      } catch (...) {
        has_thrown = true;
      }
      const bool was_refused = grant_memory();
      EXPECT_FALSE(has_thrown) << where << ": an exception came out";
      if (outcome && outcome->code != also) {
        EXPECT_TRUE(was_refused) << outcome->message;
        EXPECT_EQ(outcome->code, ErrorCode::kExhausted) << where << ": " << outcome->message;
        EXPECT_THAT(outcome->message, HasSubstr("bad_alloc")) << where;
      }
      EXPECT_EQ(get(remote<add>(i, 1), kPatience).value_or(-1), i + 1) << where;
      expect_nothing_is_left(where);
      count = std::max(count, i);
      if (!was_refused) break;
    }
  }
  return count;
}

// Waits so that the answer is taken by a thread of the runtime.
template <class T>
Result<T> get_by_others(const ObjectRef<T>& ref) {
  std::atomic<bool> is_ready{false};
  ref.then([&] {
    is_ready = true;
    is_ready.notify_one();
  });
  is_ready.wait(false);
  return get(ref, kPatience);
}

const std::string kText(3'000, 't');

TEST(NoMemoryTest, PutAndGetSucceedOrSayWhy) {
  const std::vector<double> large(kLarge, 1.0);
  const int allocations = refuse_each(Whose::kThisThread, [&] {
    if (Outcome small = error_of(get(put(kText), kPatience))) return small;
    return error_of(get(put(large), kPatience));
  });

  EXPECT_GT(allocations, 0);
}

TEST(NoMemoryTest, ATaskGivesItsResultOrTheReason) {
  const int allocations = refuse_each(Whose::kThisThread, [&] {
    auto result = get(remote<echo>(kText), kPatience);
    if (result && *result != kText) return Outcome(Error{ErrorCode::kInternal, "garbled"});
    return error_of(std::move(result));
  });

  EXPECT_GT(allocations, 0);
}

TEST(NoMemoryTest, SoDoesOneWithAnArgumentThatIsStillToCome) {
  const auto second_add = remote<add>.with({.max_retries = 1, .name = "the second of two tasks"});
  refuse_each(Whose::kThisThread, [&] {
    const auto first = remote<add>(1, 2);
    const auto second = second_add(first, 3);
    const auto [number, text] = remote<both>(second, kText);
    return error_of(get(number, text));
  });
}

TEST(NoMemoryTest, AnActorIsMadeAndCalledOrSaysWhyNot) {
  refuse_each(Whose::kThisThread, [&] {
    const auto counter = actor<Counter>(kText);
    return error_of(get(counter.call<&Counter::label>(), kPatience));
  });
}

TEST(NoMemoryTest, ANamedActorIsFoundOrNot) {
  const std::string name = "a counter whose name is not short";
  const std::string other = "a counter that there is not, at all";
  const auto counter = actor<Counter>.with({.name = name})(kText);
  ASSERT_TRUE(get(counter.call<&Counter::label>(), kPatience));
  for (const bool all : {false, true}) {
    for (int i = 0; i < 100; ++i) {
      refuse_memory(Whose::kThisThread, i, all);
      const auto found = get_actor<Counter>(name);
      const auto missing = get_actor<Counter>(other);
      const auto seen = list_actors();
      const auto counted = metrics();
      const auto death = counter.monitor();
      const bool is_alive = counter.is_alive();
      const bool was_refused = grant_memory();
      EXPECT_TRUE(is_alive);
      EXPECT_TRUE(found || was_refused);
      EXPECT_FALSE(missing);
      EXPECT_EQ(seen ? seen->size() : 1, 1u);
      if (!was_refused) break;
      EXPECT_LT(i, 99) << "no end";
    }
  }
}

TEST(NoMemoryTest, AnArrayIsMadeAndPassedOrNot) {
  const auto body = [&]() -> Outcome {
    std::vector<std::size_t> shape;
    try {
      shape = {std::size_t{kLarge}};
    } catch (const std::bad_alloc&) {  // It is ours.
      return {};
    }
    auto builder = make_array<double>(std::move(shape));
    if (!builder) return std::move(builder).error();
    std::fill(builder->begin(), builder->end(), 1.0);
    const auto array = std::move(*builder).seal();
    auto total = get(remote<sum>(array), kPatience);
    if (total && *total != kLarge) return Error{ErrorCode::kInternal, "garbled"};
    if (!total) return std::move(total).error();
    return error_of(get(remote<sum>(remote<ones>(kLarge)), kPatience));
  };
  refuse_each(Whose::kThisThread, body);
}

TEST(NoMemoryTest, WaitGivesAllRefsBack) {
  refuse_each(Whose::kThisThread, [&]() -> Outcome {
    std::array<ObjectRef<int>, 4> made;
    for (int i = 0; i < 4; ++i) made[static_cast<std::size_t>(i)] = remote<add>(i, 1);
    std::vector<ObjectRef<int>> refs;
    try {
      refs.assign(made.begin(), made.end());
    } catch (const std::bad_alloc&) {  // The list is ours.
      return {};
    }
    const auto places = wait_indices(refs, 2, kPatience);
    if (places.size() > 4) return Error{ErrorCode::kInternal, "too many places"};
    const auto result = wait(std::move(refs), 4, kPatience);
    if (result.ready.size() + result.pending.size() != 4) return Error{ErrorCode::kInternal, "refs are lost"};
    for (const auto& ref : result.pending)
      if (!ref.state()) return Error{ErrorCode::kInternal, "a ref has become empty"};
    return {};
  });
}

TEST(NoMemoryTest, AStreamEndsInOrderOrWithTheReason) {
  refuse_each(Whose::kThisThread, [&]() -> Outcome {
    auto stream = remote<count_to>(40);
    int count = 0;
    for (;;) {
      auto next = stream.next(kPatience);
      if (!next) return std::move(next).error();
      if (!*next) return count == 40 ? Outcome() : Outcome(Error{ErrorCode::kInternal, "values are lost"});
      if (!(*next)->ends_with(": " + std::to_string(count++))) return Error{ErrorCode::kInternal, "garbled"};
    }
  });
}

TEST(NoMemoryTest, ACallbackComesOnce) {
  refuse_each(Whose::kThisThread, [&]() -> Outcome {
    const auto ref = remote<add>(1, 2);
    std::atomic<int> calls = 0;
    ref.then([&] { ++calls; });
    auto result = get(ref, kPatience);
    while (calls == 0) std::this_thread::yield();
    return calls == 1 ? error_of(std::move(result)) : Outcome(Error{ErrorCode::kInternal, "called again"});
  });
}

TEST(NoMemoryTest, APromiseIsKeptOrFails) {
  refuse_each(Whose::kThisThread, [&] {
    Promise<std::string> promise;
    const auto copy = remote<echo>(promise.ref());
    promise.set(kText);
    return error_of(get(copy, kPatience));
  });
}

TEST(NoMemoryTest, ACallIsCancelled) {
  refuse_each(
      Whose::kThisThread,
      [&] {
        const Promise<int> never;
        const auto ref = remote<add>(never.ref(), 1);
        cancel(ref);
        return error_of(get(ref, kPatience));
      },
      ErrorCode::kCancelled);
}

TEST(NoMemoryTest, AnActorIsKilled) {
  refuse_each(
      Whose::kThisThread,
      [&] {
        const auto counter = actor<Counter>(kText);
        const auto death = counter.monitor();
        counter.kill();
        if (auto cause = get(death, kPatience); !cause) return error_of(std::move(cause));
        return error_of(get(counter.call<&Counter::label>(), kPatience));
      },
      ErrorCode::kActorDied);
}

TEST(NoMemoryTest, TheThreadsOfTheRuntimeGoOn) {
  const std::vector<double> large(kLarge, 1.0);
  refuse_each(Whose::kOtherThreads, [&]() -> Outcome {
    if (Outcome task = error_of(get_by_others(remote<echo>(kText)))) return task;
    if (Outcome array = error_of(get_by_others(remote<ones>(kLarge)))) return array;
    const auto counter = actor<Counter>(kText);
    const auto death = counter.monitor();
    if (Outcome call = error_of(get_by_others(counter.call<&Counter::label>()))) return call;
    counter.stop();
    if (Outcome end = error_of(get_by_others(death))) return end;
    auto stream = remote<count_to>(10);
    for (;;) {
      auto next = stream.next(kPatience);
      if (!next || !*next) return error_of(std::move(next));
    }
  });
}

TEST(NoMemoryTest, SoDoAllAtOnce) {
  refuse_each(Whose::kAllThreads, [&]() -> Outcome {
    const auto counter = actor<Counter>(kText);
    if (Outcome call = error_of(get_by_others(counter.call<&Counter::label>()))) return call;
    return error_of(get_by_others(remote<echo>(kText)));
  });
}

// The i-th allocation of `call(i, all)` on an actor is refused, until its process says that none was.
template <class Call>
void refuse_each_in_a_worker(Call&& call, int unrefused) {
  constexpr int kMost = 1'000;
  for (const bool all : {false, true}) {
    auto counter = actor<Counter>(kText);
    for (int i = 0; i < kMost; ++i) {
      const auto result = get(call(counter, i, all), kPatience);
      const std::string where = "allocation " + std::to_string(i) + (all ? " and all after it" : "");
      if (!result) {
        EXPECT_NE(result.error().code, ErrorCode::kTimeout) << where << ": " << result.error().message;
        EXPECT_THAT(result.error().message, HasSubstr("bad_alloc")) << where;
        if (result.error().code == ErrorCode::kActorDied) counter = actor<Counter>(kText);
        continue;
      }
      EXPECT_NE(*result, -2) << where << ": an error of another kind";
      if (*result == unrefused) break;
      ASSERT_LT(i, kMost - 1) << "no end";
    }
  }
  expect_nothing_is_left("in the end");
}

TEST(NoMemoryTest, ACallThatAWorkerMakesGivesItsResultOrTheReason) {
  refuse_each_in_a_worker(
      [](const auto& counter, int i, bool all) { return counter.template call<&Counter::call_others>(i, all); }, 0);
}

TEST(NoMemoryTest, SoDoesOneThatACoroutineAwaits) {
  refuse_each_in_a_worker(
      [](const auto& counter, int i, bool all) { return counter.template call<&Counter::await_others>(i, all); }, 0);
}

TEST(NoMemoryTest, AStreamThatAWorkerReadsEnds) {
  refuse_each_in_a_worker(
      [](const auto& counter, int i, bool all) { return counter.template call<&Counter::read_stream>(i, all); }, -1);
}

TEST(NoMemoryTest, AWorkerWithoutMemoryForItsAnswerGivesItOrEnds) {
  for (const bool all : {false, true}) {
    for (int i = 0; i < 30; ++i) {
      const auto counter = actor<Counter>(kText);
      const auto result = get(counter.call<&Counter::answer_without>(i, all, kText), kPatience);
      if (result) {
        EXPECT_EQ(*result, kText);
      } else {
        EXPECT_NE(result.error().code, ErrorCode::kTimeout) << i;
        EXPECT_THAT(result.error().message, HasSubstr("bad_alloc")) << i;
      }
    }
  }
}

// All that the process may have, until it goes.
class Hoard {
 public:
  Hoard() {
    ::getrlimit(RLIMIT_AS, &before_);
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit now{.rlim_cur = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_AS, &now);
    for (std::size_t size = std::size_t{1} << 20; size >= sizeof(Piece); size /= 2)
      while (void* const memory = std::malloc(size)) latest_ = new (memory) Piece{latest_};
  }
  ~Hoard() {
    while (latest_ != nullptr) std::free(std::exchange(latest_, latest_->next));
    ::setrlimit(RLIMIT_AS, &before_);
  }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;

 private:
  struct Piece {
    Piece* next;
  };
  rlimit before_{};
  Piece* latest_ = nullptr;
};

TEST(NoMemoryTest, AProcessThatGetsNoMoreOfTheSystemSaysSoAndGoesOn) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer takes address space of its own";
  const auto before = put(kText);
  const auto counter = actor<Counter>(kText);
  ASSERT_EQ(get(counter.call<&Counter::label>(), kPatience).value(), kText);
  ASSERT_EQ(get(remote<echo>(kText), kPatience).value(), kText);
  int refused = 0;
  int others = 0;
  {
    const Hoard hoard;
    for (int i = 0; i < 200; ++i) {
      const auto by_task = get(remote<echo>(kText), kPatience);
      const auto by_actor = get(counter.call<&Counter::label>(), kPatience);
      const auto copy = get(put(kText), kPatience);
      for (const auto* result : {&by_task, &by_actor, &copy}) {
        refused += *result ? 0 : 1;
        others += *result || result->error().code == ErrorCode::kExhausted ? 0 : 1;
      }
    }
  }

  EXPECT_GT(refused, 0);
  EXPECT_EQ(others, 0);
  EXPECT_EQ(get(before, kPatience).value(), kText);
  EXPECT_EQ(get(counter.call<&Counter::label>(), kPatience).value(), kText);
  EXPECT_EQ(get(remote<echo>(kText), kPatience).value(), kText);
}

}  // namespace
}  // namespace manta::no_memory_test
