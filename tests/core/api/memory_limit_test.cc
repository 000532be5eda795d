// SPDX-License-Identifier: Apache-2.0
// What happens to tasks and actors that take more memory than they asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/placement/memory_groups.h"
#include "tests/support/process_watch.h"
#include "tests/support/sanitizer.h"

namespace manta::memory_limit_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kMebi = std::size_t{1} << 20;
constexpr std::uint64_t kLimit = 64 * kMebi;
constexpr std::uint64_t kGenerous = 32 * kLimit;

int g_argc = 0;
char** g_argv = nullptr;

// Fills memory bit by bit until it has `bytes`, and keeps it until it is done.
std::size_t hoard(std::size_t bytes) {
  std::vector<std::string> hoarded;
  while (hoarded.size() * kMebi < bytes) hoarded.emplace_back(kMebi, 'h');
  return hoarded.size();
}
// Never ends by itself: the test does not depend on who is faster.
std::size_t overrun() {
  std::vector<std::string> hoarded;
  while (hoarded.size() * kMebi < 2 * kLimit) hoarded.emplace_back(kMebi, 'h');
  for (;;) ::pause();
}
// Notes in `file` that it runs, then takes far too much.
std::size_t tell_and_overrun(const std::string& file) {
  std::ofstream(file, std::ios::app) << 'x';
  return overrun();
}
std::size_t ask_for_too_much() { return std::vector<char>(std::size_t{1} << 60).size(); }
SharedArray<char> fill_store(std::size_t bytes) {
  auto array = make_array<char>({bytes}).value();
  std::fill(array.begin(), array.end(), 's');
  return std::move(array).seal();
}
class Hoarder {
 public:
  std::size_t hoard_more() { return overrun(); }
  int process() { return ::getpid(); }
  int fork_server() { return ::getppid(); }
};

// Folders of cgroups that runtimes of `driver` have.
std::vector<std::string> groups_of(pid_t driver) {
  std::vector<std::string> found;
  const std::string prefix = "manta-" + std::to_string(driver) + "-";
  std::error_code error;
  const auto options = std::filesystem::directory_options::skip_permission_denied;
  for (std::filesystem::recursive_directory_iterator it("/sys/fs/cgroup", options, error), end; !error && it != end;
       it.increment(error))
    if (it->path().filename().string().starts_with(prefix)) found.push_back(it->path().string());
  return found;
}
bool may_make_groups() {
  auto groups = MemoryGroups::find();
  if (!groups || !groups->make(::getpid(), 0, kLimit)) return false;
  groups->remove(::getpid(), 0);
  return groups->remove_rest();
}

// With cgroups, and without.
class MemoryLimitTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam() && !may_make_groups()) GTEST_SKIP() << "this process may make no memory cgroups";
    runtime_.emplace(
        init(g_argc, g_argv,
             {.cpus = 2, .memory = kGenerous, .use_cgroups = GetParam(), .object_store_bytes = 256 * kMebi})
            .value());
  }
  void TearDown() override {
    runtime_.reset();
    EXPECT_THAT(groups_of(::getpid()), ::testing::IsEmpty());
  }

  std::optional<Runtime> runtime_;
};
INSTANTIATE_TEST_SUITE_P(Ways, MemoryLimitTest, ::testing::Bool(),
                         [](const auto& way) { return std::string(way.param ? "ByCgroup" : "ByLooking"); });

TEST_P(MemoryLimitTest, ATaskThatExceedsItsLimitEndsWithPeakAndLimit) {
  const auto died = get(remote<overrun>.with({.memory = kLimit})());

  ASSERT_FALSE(died);
  EXPECT_EQ(died.error().code, ErrorCode::kWorkerDied);
  EXPECT_THAT(died.error().message, AllOf(HasSubstr("OOM: peak "), HasSubstr("limit 64 MiB")));
  if (kIsSanitized) return;  // With its memory the runtime may find it first.
  EXPECT_THAT(died.error().message, HasSubstr(GetParam() ? "killed by its memory cgroup" : "killed by the runtime"));
}

TEST_P(MemoryLimitTest, ATaskWithinItsLimitIsLeftAlone) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers take more than the limit";
  EXPECT_EQ(get(remote<hoard>.with({.memory = kLimit})(kLimit / 2)).value(), 32u);
}

TEST_P(MemoryLimitTest, WhatATaskPutsIntoTheStoreIsNotItsOwn) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers take more than the limit";
  const auto array = get(remote<fill_store>.with({.memory = 32 * kMebi})(96 * kMebi));

  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->size(), 96 * kMebi);
}

TEST_P(MemoryLimitTest, AnActorIsLimitedForItsLife) {
  const auto hoarder = actor<Hoarder>.with({.memory = kLimit, .max_restarts = 1})();
  const int first = get(hoarder.call<&Hoarder::process>()).value();

  const auto died = get(hoarder.call<&Hoarder::hoard_more>());
  const int second = get(hoarder.call<&Hoarder::process>()).value();
  const auto died_again = get(hoarder.call<&Hoarder::hoard_more>());

  EXPECT_EQ(died.error().code, ErrorCode::kActorDied);
  EXPECT_THAT(died.error().message, AllOf(HasSubstr("OOM: peak "), HasSubstr("limit 64 MiB")));
  EXPECT_NE(second, first);
  EXPECT_EQ(died_again.error().code, ErrorCode::kActorDied);
  EXPECT_EQ(get(hoarder.call<&Hoarder::process>()).error().code, ErrorCode::kActorDied);
}

TEST_P(MemoryLimitTest, AnOverrunIsRetriedAsOftenAsWasSaid) {
  const std::string file = ::testing::TempDir() + "manta-hoard-" + std::to_string(::getpid());
  std::filesystem::remove(file);

  const auto died = get(remote<tell_and_overrun>.with({.memory = kLimit, .max_retries = 2})(file));

  EXPECT_EQ(died.error().code, ErrorCode::kWorkerDied);
  EXPECT_THAT(died.error().message, HasSubstr("OOM: "));
  EXPECT_EQ(std::filesystem::file_size(file), 3u) << "once and two retries";
  std::filesystem::remove(file);
}

TEST_P(MemoryLimitTest, ATaskWithoutALimitDoesNotInheritOne) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers take more than the limit";
  ASSERT_TRUE(get(remote<hoard>.with({.memory = kLimit})(kMebi)));

  EXPECT_EQ(get(remote<hoard>(2 * kLimit)).value(), 128u);
}

TEST_P(MemoryLimitTest, ARefusedAllocationIsNamed) {
  if (kIsSanitized) GTEST_SKIP() << "sanitizers end the process";
  const auto refused = get(remote<ask_for_too_much>());

  EXPECT_EQ(refused.error().code, ErrorCode::kTaskFailed);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("std::bad_alloc"), HasSubstr("OOM: memory was refused")));
}

TEST_P(MemoryLimitTest, AnOrdinaryKillIsNotCalledOutOfMemory) {
  const auto hoarder = actor<Hoarder>.with({.memory = kLimit})();
  ::kill(get(hoarder.call<&Hoarder::process>()).value(), SIGKILL);

  const auto died = get(hoarder.monitor());

  EXPECT_THAT(died->cause, AllOf(HasSubstr("signal 9"), Not(HasSubstr("OOM: peak"))));
}

TEST_P(MemoryLimitTest, AForkServerThatDiesLeavesNoGroups) {
  const auto hoarder = actor<Hoarder>.with({.memory = kGenerous})();

  ::kill(get(hoarder.call<&Hoarder::fork_server>()).value(), SIGKILL);

  EXPECT_TRUE(get(hoarder.monitor()));  // And TearDown() looks for what is left.
}

// A driver of its own that is killed, to see what it leaves.
TEST(KilledDriverTest, LeavesNoGroups) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t driver = ::fork();
  if (driver == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execl("/proc/self/exe", g_argv[0], "--driver", nullptr);
    ::_exit(1);
  }
  ::close(ends[1]);
  pid_t fork_server = 0;
  ASSERT_EQ(::read(ends[0], &fork_server, sizeof fork_server), static_cast<ssize_t>(sizeof fork_server));
  ::close(ends[0]);
  const ProcessWatch watch(fork_server);
  EXPECT_EQ(groups_of(driver).size(), may_make_groups() ? 1u : 0u);

  ::kill(driver, SIGKILL);
  ::waitpid(driver, nullptr, 0);
  watch.wait_until_ended();

  EXPECT_THAT(groups_of(driver), ::testing::IsEmpty());
}

// Has a limited actor, says so, and waits for its end.
[[noreturn]] void drive() {
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .memory = kGenerous}).value();
  const auto hoarder = actor<Hoarder>.with({.memory = kGenerous})();
  const pid_t fork_server = get(hoarder.call<&Hoarder::fork_server>()).value();
  if (::write(STDOUT_FILENO, &fork_server, sizeof fork_server) != sizeof fork_server) ::_exit(1);
  for (;;) ::pause();
}

}  // namespace
}  // namespace manta::memory_limit_test

// A runtime at the very beginning, so that the fork server and the workers that later ones start never get beyond.
int main(int argc, char** argv) {
  manta::memory_limit_test::g_argc = argc;
  manta::memory_limit_test::g_argv = argv;
  {
    const auto runtime = manta::init(argc, argv);
    if (!runtime) return 1;
  }
  if (argc > 1 && std::string_view(argv[1]) == "--driver") manta::memory_limit_test::drive();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
