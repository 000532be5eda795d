// SPDX-License-Identifier: Apache-2.0
// What is known of a crash: the signal as the cause, and where it happened.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/sanitizer.h"

namespace manta::crash_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

[[gnu::noinline]] int fall(volatile int* where) { return *where + 1; }
[[gnu::noinline]] int overflow(int depth) {
  volatile char room[4096];
  room[0] = static_cast<char>(depth);
  if (depth < 0) return 0;  // Never.
  return overflow(depth + 1) + room[0];
}
[[gnu::noinline]] int divide(const volatile int& by) { return 7 / by; }

class Faller {
 public:
  [[gnu::noinline]] int segmentation_fault() { return fall(nullptr) + 1; }
  [[gnu::noinline]] int overflow_stack() { return overflow(0); }
  [[gnu::noinline]] int abort_it() { std::abort(); }
  [[gnu::noinline]] int say_and_abort() {
    std::printf("last words");
    std::fflush(stdout);
    std::abort();
  }
  [[gnu::noinline]] int fall_silently() {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    return fall(nullptr);
  }
};

[[gnu::noinline]] int divide_by_zero() {
  const volatile int zero = 0;
  return divide(zero);
}
[[gnu::noinline]] int trap() { __builtin_trap(); }
[[gnu::noinline]] int read_beyond_a_file() {
  const int file = ::memfd_create("empty", MFD_CLOEXEC);
  return *static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
}
int handle_it_oneself() {
  ::signal(SIGSEGV, [](int) { ::_exit(7); });
  return fall(nullptr);
}
int crash_in_a_child() {
  const pid_t child = ::fork();
  if (child == 0) std::exit(fall(nullptr));
  return child;
}

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kIsSanitized) GTEST_SKIP() << "the sanitizer has handlers of its own";
  }
  template <auto M>
  static std::string message_of(const ActorOptions& options = {}) {
    const auto faller = actor<Faller>.with(options)();
    return get(faller.template call<M>()).error().message;
  }
};

TEST_F(CrashTest, ASegmentationFaultSaysWhereAndWhatRan) {
  const std::string message = message_of<&Faller::segmentation_fault>({.name = "ann"});

  EXPECT_THAT(message, HasSubstr("actor ann"));
  EXPECT_THAT(message, HasSubstr("was killed by signal 11"));
  EXPECT_THAT(message, HasSubstr("*** signal 11 (SIGSEGV) at address 0x0 in "));
  EXPECT_THAT(message, HasSubstr("#0 manta::crash_test::fall(int volatile*) + 0x"));
  EXPECT_THAT(message, HasSubstr("Faller::segmentation_fault() + 0x"));
  EXPECT_THAT(message, HasSubstr("(crash_test)"));
  EXPECT_THAT(message, Not(HasSubstr("WorkerProcess")));  // Behind the user's code comes the runtime.
}

TEST_F(CrashTest, TheSignalStaysTheCause) {
  const auto message_of_task = [](const ObjectRef<int>& ref) { return get(ref).error().message; };

  EXPECT_THAT(message_of<&Faller::abort_it>(), AllOf(HasSubstr("killed by signal 6"), HasSubstr("Faller::abort_it()")));
  EXPECT_THAT(message_of_task(remote<divide_by_zero>()),
              AllOf(HasSubstr("killed by signal 8"), HasSubstr("(SIGFPE)"), HasSubstr("divide_by_zero()")));
  EXPECT_THAT(message_of_task(remote<read_beyond_a_file>()),
              AllOf(HasSubstr("killed by signal 7"), HasSubstr("(SIGBUS)"), HasSubstr("read_beyond_a_file()")));
  EXPECT_THAT(message_of_task(remote<trap>()), AllOf(HasSubstr("killed by signal"), HasSubstr("trap()")));
}

TEST_F(CrashTest, AStackThatOverflowsIsReportedToo) {
  EXPECT_THAT(message_of<&Faller::overflow_stack>(),
              AllOf(HasSubstr("killed by signal 11"), HasSubstr("(SIGSEGV)"), HasSubstr("overflow(int)")));
}

// The first one reports, whatever happens to the others meanwhile.
TEST_F(CrashTest, SoAreThoseOfSeveralThreadsAtOnce) {
  const auto faller = actor<Faller>.with({.max_concurrency = 4})();
  std::vector<ObjectRef<int>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(faller.call<&Faller::overflow_stack>());

  EXPECT_THAT(get(calls.front()).error().message, AllOf(HasSubstr("killed by signal 11"), HasSubstr("overflow(int)")));
}

TEST_F(CrashTest, WhatWasPrintedBeforeIsThereWithoutItsNewline) {
  EXPECT_THAT(message_of<&Faller::say_and_abort>(), AllOf(HasSubstr("last words"), HasSubstr("(SIGABRT)")));
}

TEST_F(CrashTest, TheNodeHearsOfItWhenOutputGoesElsewhere) {
  EXPECT_THAT(message_of<&Faller::fall_silently>(),
              AllOf(HasSubstr("(SIGSEGV)"), HasSubstr("Faller::fall_silently()")));
}

TEST_F(CrashTest, AHandlerOfTheUserWins) {
  const std::string message = get(remote<handle_it_oneself>()).error().message;

  EXPECT_THAT(message, AllOf(HasSubstr("exited with code 7"), Not(HasSubstr("***"))));
}

TEST_F(CrashTest, ACrashInAChildOfTheWorkerIsNotTheWorkers) { EXPECT_TRUE(get(remote<crash_in_a_child>())); }

}  // namespace
}  // namespace manta::crash_test
