// SPDX-License-Identifier: Apache-2.0
// What the system refuses: memory, files, threads. The call fails, or its process; nothing goes on wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/refused_threads.h"

namespace {

// How many more allocations this thread may make before one is refused; -1: any number. Once refused, all are, until
// it is set anew, if t_refuse_all.
thread_local int t_allocations_left = -1;
thread_local bool t_refuse_all = false;

bool is_refused() {
  if (t_allocations_left < 0) return false;
  if (t_allocations_left > 0) {
    --t_allocations_left;
    return false;
  }
  if (!t_refuse_all) t_allocations_left = -1;
  return true;
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = is_refused() ? nullptr : std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace manta::scarcity_test {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(20);

int add(int a, int b) { return a + b; }
std::string echo(const std::string& text) { return text; }

class Needy {
 public:
  int number() { return 7; }
  // What the runtime does after this call is what fails.
  std::string fail_after(int allocations, bool all, std::size_t size) {
    std::string text(size, 'n');
    t_refuse_all = all;
    t_allocations_left = allocations;
    return text;
  }
};

// The i-th allocation of the call is refused, for each i until none is.
template <class Attempt>
int refuse_each_allocation(Attempt&& attempt) {
  constexpr int kMost = 200;
  for (int i = 0; i < kMost; ++i) {
    t_allocations_left = i;
    bool was_refused = false;
    try {
      attempt();
    } catch (const std::bad_alloc&) {
      was_refused = true;
    }
    was_refused |= t_allocations_left < 0;
    t_allocations_left = -1;
    if (!was_refused) return i;
  }
  return kMost;
}

TEST(ScarcityTest, ATaskWhoseSubmissionFindsNoMemoryHurtsNoOther) {
  const std::string text(3'000, 't');
  ASSERT_TRUE(get(remote<echo>(text)));

  const int allocations = refuse_each_allocation([&] {
    const auto ref = remote<echo>(text);
    t_allocations_left = -1;
    const auto result = get(ref, kPatience);
    ASSERT_TRUE(result ? *result == text : result.error().message.find("bad_alloc") != std::string::npos)
        << result.error().message;
  });

  EXPECT_GT(allocations, 0);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(get(remote<add>(i, 1), kPatience).value(), i + 1);
}

TEST(ScarcityTest, AWorkerThatFindsNoMemoryForItsAnswerEndsOrFails) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{20'000}}) {
    for (const bool all : {false, true}) {
      for (int i = 0; i < 12; ++i) {
        const auto needy = actor<Needy>();
        const auto result = get(needy.call<&Needy::fail_after>(i, all, size), kPatience);
        if (result) {
          EXPECT_EQ(result->size(), size);
        } else {
          EXPECT_NE(result.error().code, ErrorCode::kTimeout) << "allocation " << i;
        }
      }
    }
  }
  EXPECT_EQ(get(actor<Needy>().call<&Needy::number>(), kPatience).value(), 7);
}

// Its process gets no further thread.
class Crowded {
 public:
  Crowded() { g_threads_left = 0; }
  int number() { return 7; }
};

TEST(ScarcityTest, AnActorThatGetsFewerThreadsThanItsCallsCountOnEndsAndSaysSo) {
  if (!kCanRefuseThreads) GTEST_SKIP() << "a sanitizer has the thread functions";

  const auto refused = get(actor<Crowded>.with({.max_concurrency = 4})().call<&Crowded::number>(), kPatience);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(refused.error().message, HasSubstr("thread 2 of the 4 that max_concurrency asks for"));
  EXPECT_THAT(refused.error().message, HasSubstr("ulimit -u"));
  EXPECT_EQ(get(actor<Crowded>().call<&Crowded::number>(), kPatience).value(), 7) << "it needs one only";
}

TEST(ScarcityTest, WithoutDescriptorsAnActorFailsAndOthersGoOn) {
  const auto living = actor<Needy>();
  ASSERT_TRUE(get(living.call<&Needy::number>()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit scarce{.rlim_cur = static_cast<rlim_t>(next) + 8, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);
  std::vector<Actor<Needy>> many;
  std::string refusal;
  for (int i = 0; i < 20 && refusal.empty(); ++i) {
    many.push_back(actor<Needy>());
    const auto result = get(many.back().call<&Needy::number>(), kPatience);
    if (!result) refusal = result.error().message;
  }
  const auto still = get(living.call<&Needy::number>(), kPatience);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_THAT(refusal, HasSubstr("Too many open files"));
  EXPECT_EQ(still.value(), 7);
  EXPECT_EQ(get(actor<Needy>().call<&Needy::number>(), kPatience).value(), 7);
}

Result<int> nest(int depth) {
  if (depth == 0) return 0;
  MANTA_ASSIGN_OR_RETURN(const int below, get(remote<nest>(depth - 1)));
  return below + 1;
}

// Each task that waits for the next keeps its process, and a process takes descriptors of the driver.
TEST(ScarcityTest, TasksNestedDeeperThanThereAreDescriptorsSayWhichLimitItIs) {
  ASSERT_EQ(get(remote<nest>(3), kPatience).value(), 3);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit scarce{.rlim_cur = static_cast<rlim_t>(next) + 20, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &scarce), 0);
  const auto refused = get(remote<nest>(100), kPatience);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kSystem);
  EXPECT_THAT(refused.error().message, HasSubstr("Too many open files"));
  EXPECT_THAT(refused.error().message, HasSubstr("no process can be started for"));
  EXPECT_THAT(refused.error().message, HasSubstr("ulimit -n is " + std::to_string(scarce.rlim_cur)));
  EXPECT_EQ(get(remote<nest>(20), kPatience).value(), 20) << "and then it goes on";
}

}  // namespace
}  // namespace manta::scarcity_test
