// SPDX-License-Identifier: Apache-2.0
// F41: each call of the system by which the runtime has memory, descriptors and processes is refused in turn, once and
// from there on, in each of its processes: what wanted it succeeds or says what was refused, nothing is left behind, and
// once it is granted again everything works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/refused_calls.h"

namespace manta::refused_calls_test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::size_t kStoreBytes = std::size_t{16} << 20;
constexpr std::size_t kLarge = 200'000;  // Elements of an array that has a mapping for itself.

int add(int a, int b) { return a + b; }
pid_t parent() { return ::getppid(); }
Result<SharedArray<double>> ones(std::size_t count) {
  MANTA_ASSIGN_OR_RETURN(auto builder, make_array<double>({count}));
  std::fill(builder.begin(), builder.end(), 1.0);
  return std::move(builder).seal();
}

class Counter {
 public:
  int add(int by) { return total_ += by; }
  double sum(const SharedArray<double>& array) {
    return std::accumulate(array.data(), array.data() + array.size(), 0.0);
  }

 private:
  int total_ = 0;
};

Result<Runtime> start() { return init(g_argc, g_argv, {.cpus = 2, .object_store_bytes = kStoreBytes}); }

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

// What an attempt came to; none: it succeeded.
using Outcome = std::optional<Error>;

template <class T>
Outcome error_of(const Result<T>& result, const T& expected) {
  if (!result) return result.error();
  return *result == expected ? Outcome() : Outcome(Error{ErrorCode::kInternal, "another result"});
}

Outcome run_task() { return error_of(get(remote<add>(1, 2), kPatience), 3); }
Outcome run_actor() {
  const auto counter = actor<Counter>();
  if (Outcome first = error_of(get(counter.call<&Counter::add>(1), kPatience), 1)) return first;
  return error_of(get(counter.call<&Counter::add>(1), kPatience), 2);
}
// One that a worker makes, and another one reads.
Outcome pass_array() {
  const auto array = remote<ones>(kLarge);
  const auto counter = actor<Counter>();
  return error_of(get(counter.call<&Counter::sum>(array), kPatience), double{kLarge});
}
// More than there is room for in memory.
Outcome put_too_much() {
  std::vector<ObjectRef<std::vector<char>>> pieces;
  for (char piece = 'a'; piece < 'd'; ++piece) pieces.push_back(put(std::vector<char>(std::size_t{7} << 20, piece)));
  for (char piece = 'a'; piece < 'd'; ++piece) {
    const auto got = get(pieces[static_cast<std::size_t>(piece - 'a')], kPatience);
    if (!got) return got.error();
    if (got->front() != piece || got->back() != piece) return Error{ErrorCode::kInternal, "another result"};
  }
  return {};
}

struct Operation {
  const char* name;
  std::function<Outcome()> run;
  bool takes_files_only = false;
};
const Operation kOperations[] = {{"a task", run_task},
                                 {"an actor", run_actor},
                                 {"an array", pass_array},
                                 {"objects on disk", put_too_much, /*takes_files_only=*/true}};

std::string describe(const RefusedCalls& refused, const std::string& whose) {
  return std::string(name_of(refused.call)) + " number " + std::to_string(refused.first) +
         (refused.count > 1 ? " and later ones" : "") + " in " + whose;
}

void expect_named(const Error& error, SystemCall call, const std::string& where) {
  EXPECT_THAT(error.code, AnyOf(ErrorCode::kSystem, ErrorCode::kExhausted, ErrorCode::kStorage, ErrorCode::kWorkerDied,
                                ErrorCode::kActorDied))
      << where << ": " << error.message;
  EXPECT_THAT(error.message, HasSubstr(std::string(name_of(call)))) << where;
}

void expect_all_works(const std::string& where) {
  for (const Operation& operation : kOperations) {
    const Outcome outcome = operation.run();
    EXPECT_FALSE(outcome) << operation.name << " after " << where << ": " << outcome->message;
  }
}

// `attempt(refused, where)` says how many were refused. How many there are to be.
template <class Attempt>
int refuse_each(SystemCall call, const std::string& whose, Attempt&& attempt) {
  constexpr int kMost = 200;
  const std::ptrdiff_t files = open_files();
  int most = 0;
  for (const int count : {1, INT_MAX}) {
    for (int i = 0; i < kMost && !testing::Test::HasFailure(); ++i) {
      const RefusedCalls refused{.call = call, .first = i, .count = count};
      const std::string where = describe(refused, whose);
      const int were_refused = attempt(refused, where);
      EXPECT_FALSE(has_children()) << where;
      EXPECT_EQ(open_files(), files) << where;
      if (were_refused == 0) break;
      most = std::max(most, i + 1);
    }
  }
  return most;
}

class RefusedCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kCanRefuseCalls) GTEST_SKIP() << "a sanitizer makes such calls itself";
  }
  void TearDown() override { grant_calls_of_others(); }
};

// --- the driver ---

int begin_without(const RefusedCalls& refused, const std::string& where) {
  refuse_calls(refused);
  const auto runtime = start();
  const int were_refused = grant_calls();
  if (!runtime) {
    EXPECT_GT(were_refused, 0) << runtime.error().message;
    EXPECT_EQ(runtime.error().code, ErrorCode::kSystem) << where;
    expect_named(runtime.error(), refused.call, where);
    EXPECT_THAT(get(remote<add>(1, 2)).error().message, HasSubstr("manta::init")) << where;
  } else {
    EXPECT_FALSE(run_task()) << where;
  }
  return were_refused;
}

TEST_F(RefusedCallsTest, TheRuntimeBeginsOrSaysWhatWasRefused) {
  for (const SystemCall call :
       {SystemCall::kMemfdCreate, SystemCall::kFtruncate, SystemCall::kMmap, SystemCall::kSocketpair,
        SystemCall::kEpollCreate, SystemCall::kEpollControl, SystemCall::kEventfd, SystemCall::kPosixSpawn}) {
    EXPECT_GT(refuse_each(call, "init()", begin_without), 0) << name_of(call) << " was never refused";
  }
}

TEST_F(RefusedCallsTest, WhatTheDriverWantsSucceedsOrSaysWhatWasRefused) {
  for (const Operation& operation : kOperations) {
    if (operation.takes_files_only) continue;  // What disks refuse, others look at.
    int refused_in_all = 0;
    for (const SystemCall call : {SystemCall::kMemfdCreate, SystemCall::kFtruncate, SystemCall::kMmap, SystemCall::kPipe,
                                  SystemCall::kEpollControl}) {
      refused_in_all += refuse_each(call, operation.name, [&](const RefusedCalls& refused, const std::string& where) {
        const auto runtime = start();
        EXPECT_TRUE(runtime) << where;
        refuse_calls(refused);
        const Outcome outcome = operation.run();
        const int were_refused = grant_calls();
        if (outcome) {
          EXPECT_GT(were_refused, 0) << where << ": " << outcome->message;
          expect_named(*outcome, refused.call, where);
        }
        expect_all_works(where);
        return were_refused;
      });
    }
    EXPECT_GT(refused_in_all, 0) << operation.name;
  }
}

// --- the fork server ---

TEST_F(RefusedCallsTest, AForkServerThatCannotBeginIsReplacedOrSaysWhatWasRefused) {
  for (const SystemCall call : {SystemCall::kSignalfd, SystemCall::kEpollCreate}) {
    testing::internal::CaptureStderr();
    refuse_calls_of_servers({.call = call});
    {
      const auto runtime = start();
      ASSERT_TRUE(runtime) << runtime.error().message;
      const Outcome outcome = run_task();
      ASSERT_TRUE(outcome);
      EXPECT_THAT(outcome->message, HasSubstr("no worker can be started"));
    }
    grant_calls_of_others();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(std::string(name_of(call))));
    EXPECT_FALSE(has_children());

    const auto runtime = start();
    ASSERT_TRUE(runtime);
    expect_all_works("a fork server without " + std::string(name_of(call)));
  }
}

TEST_F(RefusedCallsTest, AForkThatIsRefusedForAMomentIsMadeAgain) {
  refuse_calls_of_servers({.call = SystemCall::kFork, .count = 2});
  const auto runtime = start();
  ASSERT_TRUE(runtime);

  const Outcome outcome = run_task();

  EXPECT_FALSE(outcome) << outcome->message;
  expect_all_works("two forks that were refused");
}

TEST_F(RefusedCallsTest, WithoutForksWhatWaitsForAWorkerFailsAndSaysSo) {
  constexpr int kForks = 20;
  refuse_calls_of_servers({.call = SystemCall::kFork, .count = kForks});
  const auto runtime = start();
  ASSERT_TRUE(runtime);

  const Outcome task = run_task();
  const Outcome made = run_actor();
  std::vector<ObjectRef<int>> many;
  for (int i = 0; i < kForks; ++i) many.push_back(remote<add>(i, 1));

  ASSERT_TRUE(task && made);
  EXPECT_EQ(task->code, ErrorCode::kWorkerDied);
  EXPECT_EQ(made->code, ErrorCode::kActorDied);
  for (const Outcome& outcome : {task, made}) {
    EXPECT_THAT(outcome->message, HasSubstr("could not be started: fork: Resource temporarily unavailable"));
    EXPECT_THAT(outcome->message, HasSubstr("ulimit -u"));
  }
  for (int i = 0; i < kForks; ++i) {
    const auto got = get(many[static_cast<std::size_t>(i)], kPatience);
    if (!got) expect_named(got.error(), SystemCall::kFork, "one of many");
    EXPECT_EQ(got.value_or(i + 1), i + 1);
  }
  expect_all_works("all forks that were refused");
}

// Of a process that runs: how many files it may have, until the end of this.
class Limit {
 public:
  Limit(pid_t process, rlim_t files) : process_(process) {
    EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, nullptr, &before_), 0);
    const rlimit now{.rlim_cur = files, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, &now, nullptr), 0);
  }
  ~Limit() { EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, &before_, nullptr), 0); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

 private:
  const pid_t process_;
  rlimit before_{};
};

TEST_F(RefusedCallsTest, AForkServerWithoutDescriptorsStartsNobodyAndHarmsNobody) {
  const auto runtime = start();
  ASSERT_TRUE(runtime);
  const auto living = actor<Counter>();
  ASSERT_EQ(get(living.call<&Counter::add>(1), kPatience).value(), 1);
  const pid_t server = get(remote<parent>(), kPatience).value();
  Outcome refusal;
  {
    const Limit none(server, 3);  // As many as it polls.
    refusal = run_actor();
  }

  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->message, HasSubstr("Too many open files; see ulimit -n"));
  EXPECT_EQ(get(living.call<&Counter::add>(1), kPatience).value(), 2) << "it was ended with the other one";
  expect_all_works("the fork server's descriptors came back");
}

// --- workers ---

TEST_F(RefusedCallsTest, AWorkerThatCannotMapItsMemoryIsStartedAgain) {
  for (int first = 0; first < 3; ++first) {
    refuse_calls_of_workers({.call = SystemCall::kMmap, .first = first}, 2);
    const auto runtime = start();
    ASSERT_TRUE(runtime);
    const Outcome outcome = run_task();
    EXPECT_FALSE(outcome) << outcome->message;
  }
}

TEST_F(RefusedCallsTest, WorkersThatNoneCanMapTheirMemoryFailWhatWaitsForThem) {
  for (int first = 0; first < 3; ++first) {
    refuse_calls_of_workers({.call = SystemCall::kMmap, .first = first}, 8);
    const auto runtime = start();
    ASSERT_TRUE(runtime);

    const Outcome task = run_task();
    const Outcome made = run_actor();

    ASSERT_TRUE(task && made);
    EXPECT_EQ(task->code, ErrorCode::kWorkerDied);
    EXPECT_EQ(made->code, ErrorCode::kActorDied);
    for (const Outcome& outcome : {task, made})
      EXPECT_THAT(outcome->message, HasSubstr("mmap of shared memory: Cannot allocate memory"));
    for (int left = 8; left > 0 && run_task(); --left) {
    }
    expect_all_works("workers that could not begin");
  }
}

TEST_F(RefusedCallsTest, WhatWorkersWantSucceedsOrSaysWhatWasRefused) {
  constexpr int kMost = 20;
  constexpr int kWorkers = 2;  // That pass_array() has.
  for (const SystemCall call : {SystemCall::kMmap, SystemCall::kDuplicate, SystemCall::kOpen}) {
    for (const int count : {1, INT_MAX}) {
      for (int first = 0; first < kMost && !HasFailure(); ++first) {
        const RefusedCalls refused{.call = call, .first = first, .count = count};
        const std::string where = describe(refused, "workers");
        refuse_calls_of_workers(refused, kWorkers);
        const auto runtime = start();
        ASSERT_TRUE(runtime) << where;
        if (const Outcome outcome = pass_array()) expect_named(*outcome, call, where);
        for (int left = kWorkers; left > 0 && run_task(); --left) {
        }
        grant_calls_of_others();
      }
    }
  }
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace manta::refused_calls_test
