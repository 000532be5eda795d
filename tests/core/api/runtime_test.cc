// SPDX-License-Identifier: Apache-2.0
// The runtime's beginning and end, and what is without one.
#include "core/api/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/as_completed.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "core/objects/object_store.h"
#include "tests/support/gate.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/process_watch.h"
#include "tests/support/refused_threads.h"
#include "tests/support/temporary_folder.h"

namespace manta::runtime_test {
namespace {

using ::testing::HasSubstr;

Result<Runtime> start(RuntimeOptions options = {.cpus = 2, .object_store_bytes = std::size_t{16} << 20}) {
  return init(g_argc, g_argv, options);
}

int process() { return ::getpid(); }
int parent() { return ::getppid(); }
int identity(int number) { return number; }
SharedArray<char> make_bytes(std::size_t count) { return SharedArray<char>(std::vector<char>(count, 'x')); }

class Keeper {
 public:
  void make(std::size_t count) { kept_ = make_array<char>({count}).value(); }
  void nothing() {}

 private:
  Result<ArrayBuilder<char>> kept_ = Error{};
};

class Host {
 public:
  int process() { return ::getpid(); }
  int same(int number) { return number; }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 1;
  }
  // A process in a session of its own whose parent is gone.
  int start_daemon() {
    int ends[2];
    if (::pipe(ends) != 0) return 0;
    const pid_t child = ::fork();
    if (child == 0) {
      ::setsid();
      const pid_t daemon = ::fork();
      if (daemon == 0)
        for (;;) ::pause();
      ::_exit(::write(ends[1], &daemon, sizeof daemon) == sizeof daemon ? 0 : 1);
    }
    pid_t daemon = 0;
    return ::read(ends[0], &daemon, sizeof daemon) == sizeof daemon ? daemon : 0;
  }
};

TEST(RuntimeTest, WithoutARuntimeEverythingSaysWhatIsNeeded) {
  const auto call = get(remote<identity>(1));
  EXPECT_EQ(call.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(call.error().message, HasSubstr("manta::init"));
  EXPECT_EQ(get(put(1)).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(get(actor<Host>().call<&Host::process>()).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(make_array<int>({1}).error().code, ErrorCode::kFailedPrecondition);
}

// The process' own thread, and that of messages: each is refused in turn.
TEST(RuntimeTest, WithoutThreadsThereIsNoRuntimeAndNothingIsLeftOfIt) {
  if (!kCanRefuseThreads) GTEST_SKIP() << "a sanitizer has the thread functions";
  for (int given = 0; given < 2; ++given) {
    g_threads_left = given;
    const auto refused = start();
    g_threads_left = -1;

    EXPECT_EQ(refused.error().code, ErrorCode::kSystem) << given;
    EXPECT_THAT(refused.error().message, HasSubstr("cannot start a thread"));
  }

  const auto runtime = start();
  ASSERT_TRUE(runtime);
  EXPECT_EQ(get(remote<identity>(3)).value(), 3);
}

TEST(RuntimeTest, AStoreWithoutAThreadTakesWhatFitsAndSaysWhyNoMore) {
  if (!kCanRefuseThreads) GTEST_SKIP() << "a sanitizer has the thread functions";
  const auto runtime = start();
  ASSERT_TRUE(runtime);
  g_threads_left = 0;

  const auto fits = put(std::vector<char>(std::size_t{10} << 20, 'x'));
  const auto beyond = get(put(std::vector<char>(std::size_t{10} << 20, 'y')));
  g_threads_left = -1;

  EXPECT_EQ(beyond.error().code, ErrorCode::kSystem);
  EXPECT_EQ(get(fits).value().back(), 'x');
  EXPECT_EQ(get(put(std::vector<char>(std::size_t{10} << 20, 'z'))).value().back(), 'z') << "now there is a thread";
}

int say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  return ::getpid();
}

TEST(RuntimeTest, WhatWorkersPrintGoesToFilesToo) {
  const TemporaryFolder folder;
  const std::string logs = folder.path() + "/new/logs";
  {
    const auto runtime = start({.cpus = 1, .log_directory = logs});
    ASSERT_TRUE(runtime);
    ASSERT_TRUE(get(remote<say>.with({.name = "teller"})("once upon a time")));
  }

  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(logs)) files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(files[0].filename().string(), ::testing::StartsWith(std::to_string(::getpid()) + "-"));
  EXPECT_THAT(files[0].filename().string(), ::testing::EndsWith("-teller.log"));
  std::ifstream file(files[0]);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, "once upon a time\n");
}

TEST(RuntimeTest, ALogDirectoryThatCannotBeMadeIsRefused) {
  EXPECT_EQ(start({.log_directory = "/dev/null/logs"}).error().code, ErrorCode::kSystem);
}

// Nobody reads standard error, and it is full: who dies is noticed all the same.
TEST(RuntimeTest, StandardErrorThatNobodyReadsKeepsNobodyWaiting) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int before = ::dup(STDERR_FILENO);
  ASSERT_EQ(::dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  {
    const auto runtime = start();
    EXPECT_TRUE(runtime);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(get(remote<say>(std::string(std::size_t{1} << 20, 'x'))));
    const auto host = actor<Host>();
    const auto death = host.monitor();
    ::kill(get(host.call<&Host::process>()).value(), SIGKILL);
    EXPECT_THAT(get(death).value().cause, HasSubstr("signal 9"));
  }
  ::dup2(before, STDERR_FILENO);
  for (const int fd : {before, ends[0], ends[1]}) ::close(fd);
}

TEST(RuntimeTest, ASecondRuntimeIsRefusedWhileTheFirstLivesAndWelcomeAfterwards) {
  {
    const auto first = start();
    ASSERT_TRUE(first);
    EXPECT_EQ(start().error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(get(remote<identity>(1)).value(), 1);
  }

  const auto second = start();

  ASSERT_TRUE(second);
  EXPECT_EQ(get(remote<identity>(2)).value(), 2);
}

TEST(RuntimeTest, OptionsSayWhatTheMachineHas) {
  const auto runtime = start({.cpus = 7, .gpus = 3});

  ASSERT_TRUE(runtime);
  EXPECT_EQ(runtime->machine().cpus, 7);
  EXPECT_EQ(runtime->machine().gpus.size(), 3u);
}

TEST(RuntimeTest, ImpossibleOptionsAreRefused) {
  EXPECT_EQ(start({.cpus = 0}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(start({.cpus = -1}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(start({.gpus = -1}).error().code, ErrorCode::kInvalidArgument);
}

TEST(RuntimeTest, NoProcessIsLeftAfterItsEnd) {
  std::vector<ProcessWatch> processes;
  {
    const auto runtime = start();
    const auto host = actor<Host>();
    processes.emplace_back(get(host.call<&Host::process>()).value());
    processes.emplace_back(get(host.call<&Host::start_daemon>()).value());
    processes.emplace_back(get(remote<process>()).value());
    processes.emplace_back(get(remote<parent>()).value());
    for (const ProcessWatch& watch : processes) ASSERT_TRUE(watch.is_watching() && !watch.has_ended());
  }

  for (const ProcessWatch& watch : processes) EXPECT_TRUE(watch.has_ended());
}

TEST(RuntimeTest, WhatIsPendingAtItsEndIsCancelled) {
  Gate gate;
  ObjectRef<int> running;
  ObjectRef<int> queued;
  ObjectRef<int> dependent;
  ObjectRef<int> unplaced;
  ObjectRef<ActorDeath> death;
  Actor<Host> host;
  Actor<Host> waiting;
  {
    const auto runtime = start();
    host = actor<Host>.with({.cpus = 2})();
    waiting = actor<Host>.with({.cpus = 1})();
    running = host.call<&Host::stand_at>(gate.path());
    queued = remote<identity>(1);
    dependent = remote<identity>(running);
    unplaced = waiting.call<&Host::process>();
    death = host.monitor();
    gate.meet();
  }

  for (const auto& ref : {running, queued, dependent, unplaced})
    EXPECT_EQ(get(ref).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(get(death).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(get(host.call<&Host::process>()));
  EXPECT_FALSE(host.is_alive());
}

TEST(RuntimeTest, AThreadThatWaitsIsReleasedByItsEnd) {
  for (int round = 0; round < 5; ++round) {
    Gate gate;
    auto runtime = std::make_unique<Runtime>(start().value());
    const auto host = actor<Host>();
    const auto running = host.call<&Host::stand_at>(gate.path());
    gate.meet();
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] { EXPECT_EQ(get(running).error().code, ErrorCode::kCancelled); });

    runtime.reset();

    for (std::thread& thread : threads) thread.join();
  }
}

// Also whatever waits for what is promised.
TEST(RuntimeTest, WhatTheDriverHasPromisedIsCancelledAtItsEnd) {
  std::optional<Promise<int>> promise;
  ObjectRef<int> task, behind, call;
  std::optional<AsCompleted<int>> all;
  {
    const auto runtime = start();
    const auto host = actor<Host>();
    promise.emplace();
    task = remote<identity>(promise->ref());
    behind = remote<identity>(task);
    call = host.call<&Host::same>(promise->ref());
    all.emplace(as_completed(std::vector{promise->ref(), task, behind, call}));
    EXPECT_EQ(all->next(Duration::zero()).error().code, ErrorCode::kTimeout);
  }

  for (auto& [index, ref] : *all) {
    EXPECT_EQ(get(ref).error().code, ErrorCode::kCancelled) << index;
    EXPECT_THAT(get(ref).error().message, HasSubstr("shut down")) << index;
  }
  promise->set(1);  // Too late, and of no effect.
  EXPECT_FALSE(get(task));
}

TEST(RuntimeTest, AThreadThatWaitsForAPromiseIsReleasedByItsEnd) {
  auto runtime = std::make_unique<Runtime>(start().value());
  const Promise<int> promise;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] { EXPECT_EQ(get(promise.ref()).error().code, ErrorCode::kCancelled); });

  runtime.reset();

  for (std::thread& thread : threads) thread.join();
}

// The callback makes a call just when the runtime ends, and may for a moment be the last that holds the node.
TEST(RuntimeTest, CallbacksMayMakeCallsWhileItEnds) {
  for (int round = 0; round < 10; ++round) {
    std::vector<ObjectRef<int>> more;
    std::mutex mutex;
    {
      const auto runtime = start();
      for (int i = 0; i < 20; ++i)
        remote<identity>(i).then([&] {
          const std::lock_guard lock(mutex);
          more.push_back(remote<identity>(1));
        });
      get(remote<identity>(0)).value();
    }
    EXPECT_EQ(more.size(), 20u);
    for (const auto& ref : more) EXPECT_TRUE(ref.is_ready());
  }
}

TEST(RuntimeTest, ObjectsStayReadableAfterItsEnd) {
  ObjectRef<SharedArray<char>> ref;
  {
    const auto runtime = start();
    ref = remote<make_bytes>(std::size_t{100'000});
    ASSERT_TRUE(get(ref));
  }

  EXPECT_EQ((*get(ref))[99'999], 'x');
}

TEST(RuntimeTest, AWorkerUsesAStoreThatIsSmallerThanAChunk) {
  const auto runtime = start({.cpus = 2, .object_store_bytes = std::size_t{256} << 10});

  EXPECT_EQ(get(remote<make_bytes>(std::size_t{100'000}))->size(), 100'000u);
  EXPECT_EQ(get(remote<make_bytes>(std::size_t{300'000})).error().code, ErrorCode::kExhausted);
}

TEST(RuntimeTest, AFullStoreIsExhaustedInTheDriverAndHasRoomAgainAfterARelease) {
  const auto runtime =
      start({.cpus = 2, .object_store_bytes = std::size_t{16} << 20, .put_timeout = std::chrono::milliseconds(1)});
  auto held = make_array<char>({std::size_t{12} << 20});
  ASSERT_TRUE(held);

  const auto refused = get(put(std::vector<char>(std::size_t{8} << 20)));
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("object store"));
  held = Error{};

  EXPECT_TRUE(get(put(std::vector<char>(std::size_t{8} << 20))));
}

TEST(RuntimeTest, AFullStoreIsExhaustedInATaskAndHasRoomAgainAfterARelease) {
  const auto runtime =
      start({.cpus = 2, .object_store_bytes = std::size_t{16} << 20, .put_timeout = std::chrono::milliseconds(1)});
  auto held = make_array<char>({std::size_t{12} << 20});
  ASSERT_TRUE(held);

  EXPECT_EQ(get(remote<make_bytes>(std::size_t{8} << 20)).error().code, ErrorCode::kExhausted);
  held = Error{};

  EXPECT_EQ(get(remote<make_bytes>(std::size_t{8} << 20))->size(), std::size_t{8} << 20);
}

TEST(RuntimeTest, WhatADeadActorKeptIsFree) {
  const auto runtime = start();
  const Arena& store = *static_cast<ObjectStore&>(internal::current_caller()->allocator()).arena();
  const auto keeper = actor<Keeper>();
  ASSERT_TRUE(get(keeper.call<&Keeper::make>(std::size_t{2} << 20)));
  ASSERT_GT(store.used(), std::size_t{2} << 20);

  keeper.kill();
  EXPECT_EQ(get(keeper.call<&Keeper::nothing>()).error().code, ErrorCode::kActorDied);

  EXPECT_EQ(store.used(), 0u);
}

// The node asks for processes faster than they start; neither side may wait for the other for ever.
TEST(RuntimeTest, ABurstOfProcessesIsStarted) {
  const auto runtime = start();
  std::vector<ObjectRef<int>> refs;
  for (int i = 0; i < 400; ++i) refs.push_back(remote<identity>.with({.cpus = 0})(i));

  EXPECT_TRUE(get(refs));
}

}  // namespace
}  // namespace manta::runtime_test
