// SPDX-License-Identifier: Apache-2.0
// Each allocation of the runtime's beginning and of its end is refused in turn: it begins or says why not, it ends in
// any case, and nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/refused_memory.h"
#include "tests/support/sanitizer.h"

namespace manta::no_memory_to_start_test {
namespace {

using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(20);
// Each attempt starts a program; a sanitizer's take long to begin.
constexpr int kStep = kIsSanitized ? 10 : 1;

int add(int a, int b) { return a + b; }

class Counter {
 public:
  int add(int by) { return total_ += by; }
  void wait() {
    while (!is_cancelled()) {
    }
  }

 private:
  int total_ = 0;
};

Result<Runtime> start() { return init(g_argc, g_argv, {.cpus = 2, .object_store_bytes = std::size_t{16} << 20}); }

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

// `attempt(i, all)` says whether anything was refused. How many allocations there are to be refused.
template <class Attempt>
int refuse_each(Attempt&& attempt) {
  constexpr int kMost = 5'000;
  const std::ptrdiff_t files = open_files();
  int count = 0;
  for (const bool all : {false, true}) {
    for (int i = 0; i < kMost && !testing::Test::HasFailure(); i += kStep) {
      const std::string where = "allocation " + std::to_string(i) + (all ? " and all after it" : "");
      const bool was_refused = attempt(i, all, where);
      EXPECT_FALSE(has_children()) << where;
      EXPECT_EQ(open_files(), files) << where;
      count = std::max(count, i);
      if (!was_refused) break;
    }
  }
  return count;
}

bool start_without(Whose whose, int first, bool all, const std::string& where) {
  std::optional<Result<Runtime>> runtime;
  bool has_thrown = false;
  refuse_memory(whose, first, all);
  try {
    runtime.emplace(start());
  } catch (...) {
    has_thrown = true;
  }
  const bool was_refused = grant_memory();
  EXPECT_FALSE(has_thrown) << where << ": an exception came out";
  if (has_thrown) return was_refused;
  if (*runtime) {
    EXPECT_EQ(get(remote<add>(first, 1), kPatience).value_or(-1), first + 1) << where;
  } else {
    EXPECT_TRUE(was_refused) << runtime->error().message;
    EXPECT_EQ(runtime->error().code, ErrorCode::kExhausted) << where << ": " << runtime->error().message;
    EXPECT_THAT(runtime->error().message, HasSubstr("bad_alloc")) << where;
    EXPECT_THAT(get(remote<add>(first, 1)).error().message, HasSubstr("manta::init")) << where;
  }
  return was_refused;
}

TEST(NoMemoryToStartTest, TheRuntimeBeginsOrSaysWhyNot) {
  const int allocations = refuse_each(
      [](int i, bool all, const std::string& where) { return start_without(Whose::kThisThread, i, all, where); });

  EXPECT_GT(allocations, 0);
}

TEST(NoMemoryToStartTest, SoItDoesWhereItsThreadsAreRefused) {
  refuse_each([](int i, bool all, const std::string& where) {
    return start_without(Whose::kOtherThreads, i, all, where);
  });
}

// With an object, and an actor with a call that runs and one behind it.
bool end_without(Whose whose, int first, bool all, const std::string& where) {
  auto runtime = std::optional(start());
  EXPECT_TRUE(*runtime) << where;
  if (!*runtime) return false;
  auto stored = put(std::vector<double>(20'000, 1.0));
  auto counter = std::optional(actor<Counter>());
  EXPECT_EQ(get(counter->call<&Counter::add>(1), kPatience).value_or(-1), 1) << where;
  const auto running = counter->call<&Counter::wait>();
  const auto behind = counter->call<&Counter::add>(1);
  bool has_thrown = false;
  refuse_memory(whose, first, all);
  try {
    runtime.reset();
  } catch (...) {
    has_thrown = true;
  }
  const bool was_refused = grant_memory();
  EXPECT_FALSE(has_thrown) << where << ": an exception came out";
  EXPECT_EQ(get(running).error().code, ErrorCode::kCancelled) << where;
  EXPECT_EQ(get(behind).error().code, ErrorCode::kCancelled) << where;
  EXPECT_EQ(get(stored).value().size(), 20'000u) << where;
  EXPECT_EQ(get(counter->call<&Counter::add>(1)).error().code, ErrorCode::kFailedPrecondition) << where;
  return was_refused;
}

TEST(NoMemoryToStartTest, TheRuntimeEndsInAnyCase) {
  refuse_each(
      [](int i, bool all, const std::string& where) { return end_without(Whose::kThisThread, i, all, where); });
}

TEST(NoMemoryToStartTest, SoItDoesWhereItsThreadsAreRefusedInTheEnd) {
  refuse_each(
      [](int i, bool all, const std::string& where) { return end_without(Whose::kOtherThreads, i, all, where); });
}

}  // namespace
}  // namespace manta::no_memory_to_start_test
