// SPDX-License-Identifier: Apache-2.0
// User code that does its worst: only its own process may suffer.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"
#include "tests/support/process_watch.h"
#include "tests/support/sanitizer.h"

namespace manta::hostile_code_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

int add(int a, int b) { return a + b; }
SharedArray<char> make_bytes(std::size_t count) { return SharedArray<char>(std::vector<char>(count, 'x')); }

struct NotAnException {
  int number = 0;
};

// A string that a forked child sends to its parent.
std::string told_by_child(const std::function<std::string()>& child) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string text = child() + '\0';  // What the child has started may keep the pipe open.
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  for (char letter = 0; ::read(ends[0], &letter, 1) == 1 && letter != 0;) text += letter;
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return text;
}

int recurse(int depth) {
  volatile char frame[4096];
  frame[0] = 1;
  return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

class Wild {
 public:
  Wild() = default;
  explicit Wild(const std::string&) {}

  int process() { return ::getpid(); }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return 1;
  }

  int die_by(int signal) {
    ::signal(signal, SIG_DFL);
    ::kill(::getpid(), signal);
    for (;;) ::pause();
  }
  int leave_at_once(int code) { ::_exit(code); }
  int leave(int code) { std::exit(code); }
  int leave_quickly(int code) { std::quick_exit(code); }
  int terminate() { std::terminate(); }
  int throw_number() { throw 7; }
  int throw_struct() { throw NotAnException{}; }
  int throw_null() { throw nullptr; }
  int overflow_stack() { return recurse(1 << 24); }
  int free_twice() {
    void* volatile block = std::malloc(40);
    std::free(block);
    std::free(block);
    return 0;
  }
  int throw_in_noexcept() noexcept { return std::stoi("not a number"); }

  void close_everything() {
    for (int fd = 0; fd < 1024; ++fd) ::close(fd);
    // Files of the user's own take the places of the runtime's.
    for (int fd = 0; fd < 200; ++fd) static_cast<void>(::open("/dev/null", O_RDWR));
  }
  SharedArray<char> make(std::size_t count) { return make_bytes(count); }

  // Writes into the first mapping whose name contains `name`. False: there is none.
  bool scribble(const std::string& name, int byte) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(name) == std::string::npos) continue;
      std::size_t begin = 0;
      std::size_t end = 0;
      if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) != 2) return false;
      auto* bytes = reinterpret_cast<volatile char*>(begin);
      for (std::size_t i = 0; i < end - begin; ++i) bytes[i] = static_cast<char>(byte);
      return true;
    }
    return false;
  }

  void ignore_signals() {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::signal(signal, SIG_IGN);
  }
  int stop_itself() { return ::raise(SIGSTOP); }
  // A process in a session of its own whose parent is gone.
  int start_daemon() {
    const std::string text = told_by_child([] {
      ::setsid();
      const pid_t daemon = ::fork();
      if (daemon == 0)
        for (;;) ::pause();
      return std::to_string(daemon);
    });
    return std::stoi(text);
  }

  int print_and_die(const std::string& text, int signal) {
    std::printf("%s", text.c_str());
    ::raise(signal);
    return 0;
  }
  int burst_and_leave(std::size_t bytes, const std::string& last) {
    const std::string text = std::string(bytes, '.') + last;
    std::fwrite(text.data(), 1, text.size(), stdout);
    ::_exit(3);
  }

  std::string use_handles_in_fork(const Actor<Wild>& other, const ObjectRef<int>& pending) {
    return told_by_child([&] {
      std::string text = get(remote<add>(1, 2)).error().message + "\n";
      text += get(other.call<&Wild::process>()).error().message + "\n";
      text += get(pending).error().message + "\n";
      text += get(put(std::vector<char>(100'000))).error().message + "\n";
      text += get(actor<Wild>().call<&Wild::process>()).error().message + "\n";
      text += get_actor<Wild>("nobody").error().message + "\n";
      other.kill();
      return text;
    });
  }
  int drop_handles_in_fork(const Actor<Wild>& other) {
    Actor<Wild> kept = other;
    told_by_child([&] {
      kept = {};
      const_cast<Actor<Wild>&>(other) = {};
      return "dropped";
    });
    return get(kept.call<&Wild::process>()).value();
  }
  // Both the worker and its copy come back from here.
  int fork_and_return() {
    copy_ = ::fork();
    return copy_ == 0 ? 666 : 1;
  }
  int wait_for_copy() {
    int status = 0;
    ::waitpid(copy_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int exit_in_fork() {
    const pid_t child = ::fork();
    if (child == 0) std::exit(0);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int change_everything() {
    static_cast<void>(::chdir("/proc"));
    ::umask(0777);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    for (const auto what : {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_MEMLOCK}) ::setrlimit(what, &none);
    return 1;
  }
  int start_threads_that_stay() {
    for (int i = 0; i < 4; ++i)
      std::thread([] {
        for (;;) ::pause();
      }).detach();
    return 1;
  }
  int start_timer() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 200}, .it_value = {.tv_sec = 0, .tv_usec = 200}};
    return ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  int sum_of_tasks(int count) {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < count; ++i) refs.push_back(remote<add>(i, 0));
    int sum = 0;
    for (const auto& ref : refs) sum += get(ref).value();
    return sum;
  }

 private:
  pid_t copy_ = 0;
};

class HostileCodeTest : public ::testing::Test {
 protected:
  // Nobody else has felt anything.
  void TearDown() override {
    EXPECT_EQ(get(neighbour_.call<&Wild::process>()).value_or(0), neighbour_pid_);
    EXPECT_EQ(get(remote<add>(2, 3)).value_or(0), 5);
    EXPECT_EQ(get(remote<make_bytes>(std::size_t{100'000}))->size(), 100'000u);
    EXPECT_TRUE(get(actor<Wild>().call<&Wild::process>()));
  }

  const Actor<Wild> neighbour_ = actor<Wild>();
  const int neighbour_pid_ = get(neighbour_.call<&Wild::process>()).value();
};

TEST_F(HostileCodeTest, EachSignalEndsOneActorAndIsNamed) {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV,
                           SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGSYS, SIGRTMIN}) {
    const auto wild = actor<Wild>();

    const auto result = get(wild.call<&Wild::die_by>(signal));

    EXPECT_EQ(result.error().code, ErrorCode::kActorDied);
    EXPECT_THAT(result.error().message, HasSubstr("signal " + std::to_string(signal) + " ("));
    EXPECT_FALSE(wild.is_alive());
  }
}

TEST_F(HostileCodeTest, EachWayToExitIsNamed) {
  const auto code_of = [](auto call) { return get(call).error().message; };
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::leave_at_once>(0)), HasSubstr("exited with code 0"));
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::leave_at_once>(3)), HasSubstr("exited with code 3"));
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::leave>(4)), HasSubstr("exited with code 4"));
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::leave_quickly>(5)), HasSubstr("exited with code 5"));
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::terminate>()), HasSubstr("signal 6"));
  EXPECT_THAT(code_of(actor<Wild>().call<&Wild::throw_in_noexcept>()), AllOf(HasSubstr("signal 6"), HasSubstr("stoi")));
}

TEST_F(HostileCodeTest, AnExitThatTakesCallsWithItIsNotExpected) {
  const auto wild = actor<Wild>();
  const auto death = wild.monitor();
  const auto first = wild.call<&Wild::leave_at_once>(0);
  const auto second = wild.call<&Wild::process>();
  wild.stop();

  EXPECT_EQ(get(first).error().code, ErrorCode::kActorDied);
  EXPECT_EQ(get(second).error().code, ErrorCode::kActorDied);
  EXPECT_FALSE(get(death).value().is_expected);
}

TEST_F(HostileCodeTest, AnythingCanBeThrown) {
  const auto wild = actor<Wild>();

  EXPECT_THAT(get(wild.call<&Wild::throw_number>()).error().message, HasSubstr("int"));
  EXPECT_THAT(get(wild.call<&Wild::throw_struct>()).error().message, HasSubstr("NotAnException"));
  EXPECT_EQ(get(wild.call<&Wild::throw_null>()).error().code, ErrorCode::kTaskFailed);
  EXPECT_TRUE(get(wild.call<&Wild::process>())) << "it lives on";
}

TEST_F(HostileCodeTest, AStackOverflowAndADoubleFreeEndOneProcess) {
  if (kIsSanitized) GTEST_SKIP() << "the sanitizer ends such a process in its own way, or lets it go on";
  EXPECT_THAT(get(actor<Wild>().call<&Wild::overflow_stack>()).error().message, HasSubstr("signal 11"));
  EXPECT_THAT(get(actor<Wild>().call<&Wild::free_twice>()).error().message, HasSubstr("signal 6"));
}

TEST_F(HostileCodeTest, AProcessThatClosesEveryFileStillAnswers) {
  const auto wild = actor<Wild>();
  ASSERT_TRUE(get(wild.call<&Wild::close_everything>()));

  EXPECT_TRUE(get(wild.call<&Wild::process>()));
  EXPECT_EQ(get(wild.call<&Wild::sum_of_tasks>(10)).value(), 45);
  // It may have room left in what it had mapped; where it needs more, the error says why there is none.
  for (int i = 0; i < 3; ++i) {
    const auto made = get(wild.call<&Wild::make>(std::size_t{3} << 20));
    EXPECT_TRUE(made ? (*made)[0] == 'x' : made.error().message.find("object store") != std::string::npos)
        << made.error().message;
  }
}

TEST_F(HostileCodeTest, TheStoreCannotBeWrittenToByWhoReadsIt) {
  const auto wild = actor<Wild>();
  const auto kept = put(std::vector<char>(100'000, 'k'));
  EXPECT_THAT(get(wild.call<&Wild::scribble>("manta-store", 0)).error().message,
              HasSubstr(kIsSanitized ? "actor" : "signal 11"));
  EXPECT_EQ(get(kept).value(), std::vector<char>(100'000, 'k'));
}

// It may still be understood, or be ended for what it sends, or be silent until it is killed: nobody else suffers.
TEST_F(HostileCodeTest, AWorkerThatDamagesWhatItSharesWithTheNodeHarmsOnlyItself) {
  constexpr auto kPatience = std::chrono::milliseconds(20);
  for (const int byte : {0, 1, 0x7f, 0xff}) {
    const auto wild = actor<Wild>();
    ASSERT_TRUE(get(wild.call<&Wild::process>()));
    const ProcessWatch process(wild.pid());

    static_cast<void>(get(wild.call<&Wild::scribble>("manta-link", byte), kPatience));
    static_cast<void>(get(wild.call<&Wild::sum_of_tasks>(3), kPatience));
    EXPECT_EQ(get(neighbour_.call<&Wild::process>()).value_or(0), neighbour_pid_);

    wild.kill();
    process.wait_until_ended();
  }
}

TEST_F(HostileCodeTest, SignalsThatAreIgnoredDoNotKeepAnActorAlive) {
  const auto wild = actor<Wild>();
  ASSERT_TRUE(get(wild.call<&Wild::ignore_signals>()));
  const ProcessWatch process(wild.pid());

  wild.kill();

  process.wait_until_ended();
}

TEST_F(HostileCodeTest, AnActorThatHasStoppedItselfCanBeKilled) {
  const auto wild = actor<Wild>();
  const ProcessWatch process(get(wild.call<&Wild::process>()).value());
  const auto stopped = wild.call<&Wild::stop_itself>();

  wild.kill();

  EXPECT_EQ(get(stopped).error().code, ErrorCode::kActorDied);
  process.wait_until_ended();
}

int stop_itself() { return ::raise(SIGSTOP); }

TEST_F(HostileCodeTest, ATaskThatHasStoppedItselfHasItsTimeout) {
  const auto result = get(remote<stop_itself>.with({.timeout = std::chrono::milliseconds(20)})());

  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
}

TEST_F(HostileCodeTest, WhatHasLeftItsSessionEndsWithTheActor) {
  const auto wild = actor<Wild>();
  const ProcessWatch daemon(get(wild.call<&Wild::start_daemon>()).value());
  ASSERT_TRUE(daemon.is_watching());

  wild.kill();

  daemon.wait_until_ended();
}

TEST_F(HostileCodeTest, TheLastBytesBeforeADeathAreKept) {
  if (kIsSanitized) GTEST_SKIP() << "the last lines are the sanitizer's report";
  for (const int signal : {SIGSEGV, SIGKILL, SIGABRT})
    EXPECT_THAT(get(actor<Wild>().call<&Wild::print_and_die>("no newline", signal)).error().message,
                HasSubstr("no newline"));
}

TEST_F(HostileCodeTest, ABurstBeforeAnExitIsReadToItsEnd) {
  EXPECT_THAT(get(actor<Wild>().call<&Wild::burst_and_leave>(std::size_t{64} << 10, "the very end")).error().message,
              HasSubstr("the very end"));
}

TEST_F(HostileCodeTest, AForkOfAWorkerCannotUseItsHandles) {
  Gate gate;
  const auto wild = actor<Wild>();
  const auto other = actor<Wild>();
  const int other_pid = get(other.call<&Wild::process>()).value();
  const auto host = actor<Wild>();
  const auto pending = host.call<&Wild::stand_at>(gate.path());

  const std::string told = get(wild.call<&Wild::use_handles_in_fork>(other, pending)).value();

  int errors = 0;
  for (std::size_t at = 0; (at = told.find("is a fork of process", at)) != std::string::npos; ++at) ++errors;
  EXPECT_EQ(errors, 6) << told;
  gate.meet();
  gate.let_through();
  EXPECT_EQ(get(pending).value(), 1);
  EXPECT_TRUE(get(wild.call<&Wild::process>()));
  EXPECT_EQ(get(other.call<&Wild::process>()).value(), other_pid) << "the fork has not killed it";
}

TEST_F(HostileCodeTest, AForkOfAWorkerGivesNothingBack) {
  const auto wild = actor<Wild>();
  auto other = actor<Wild>();
  const int other_pid = get(other.call<&Wild::process>()).value();

  EXPECT_EQ(get(wild.call<&Wild::drop_handles_in_fork>(other)).value(), other_pid);
  EXPECT_EQ(get(wild.call<&Wild::exit_in_fork>()).value(), 0);
  EXPECT_EQ(get(other.call<&Wild::process>()).value(), other_pid);
}

TEST_F(HostileCodeTest, AForkThatReturnsFromTheCallIsEndedAndTheCallAnsweredOnce) {
  for (int round = 0; round < 10; ++round) {
    const auto wild = actor<Wild>();
    EXPECT_EQ(get(wild.call<&Wild::fork_and_return>()).value(), 1);
    EXPECT_EQ(get(wild.call<&Wild::wait_for_copy>()).value(), 1);
  }
}

TEST_F(HostileCodeTest, AForkOfTheDriverCannotUseItsHandles) {
  const auto wild = actor<Wild>();
  const int pid = get(wild.call<&Wild::process>()).value();
  auto large = put(std::vector<char>(1 << 20, 'k'));

  const std::string told = told_by_child([&] {
    std::string text = get(remote<add>(1, 2)).error().message;
    text += get(wild.call<&Wild::process>()).error().message;
    text += status() ? "" : status().error().message;
    wild.kill();
    large = {};  // Must not free what the parent reads.
    return text;
  });

  EXPECT_THAT(told, HasSubstr("is a fork of process " + std::to_string(::getpid())));
  EXPECT_EQ(get(wild.call<&Wild::process>()).value(), pid);
  EXPECT_EQ(get(large).value(), std::vector<char>(1 << 20, 'k'));
}

TEST_F(HostileCodeTest, AProcessThatChangesAllItsSettingsGoesOn) {
  const auto wild = actor<Wild>();
  ASSERT_EQ(get(wild.call<&Wild::change_everything>()).value(), 1);

  EXPECT_TRUE(get(wild.call<&Wild::process>()));
  EXPECT_EQ(get(wild.call<&Wild::sum_of_tasks>(20)).value(), 190);
  const ProcessWatch process(wild.pid());
  wild.kill();
  process.wait_until_ended();
}

TEST_F(HostileCodeTest, ThreadsThatStayDoNotKeepAnActorFromEnding) {
  const auto wild = actor<Wild>();
  ASSERT_EQ(get(wild.call<&Wild::start_threads_that_stay>()).value(), 1);
  const ProcessWatch process(wild.pid());
  const auto death = wild.monitor();

  wild.stop();

  EXPECT_TRUE(get(death).value().is_expected);
  process.wait_until_ended();
}

TEST_F(HostileCodeTest, ATimerThatInterruptsEverythingInTheWorkerIsBorne) {
  const auto wild = actor<Wild>();
  ASSERT_EQ(get(wild.call<&Wild::start_timer>()).value(), 0);

  for (int i = 0; i < 20; ++i) EXPECT_EQ(get(wild.call<&Wild::sum_of_tasks>(20)).value(), 190);
  EXPECT_EQ(get(wild.call<&Wild::make>(std::size_t{1} << 20))->size(), std::size_t{1} << 20);
}

TEST_F(HostileCodeTest, ATimerThatInterruptsEverythingInTheDriverIsBorne) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  ::sigaction(SIGALRM, &action, &before);
  const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 200}, .it_value = {.tv_sec = 0, .tv_usec = 200}};
  ::setitimer(ITIMER_REAL, &often, nullptr);

  for (int i = 0; i < 20; ++i) {
    const auto wild = actor<Wild>();
    EXPECT_EQ(get(wild.call<&Wild::sum_of_tasks>(20)).value(), 190);
    EXPECT_EQ(get(remote<make_bytes>(std::size_t{1} << 20))->size(), std::size_t{1} << 20);
    EXPECT_THAT(get(wild.call<&Wild::leave_at_once>(3)).error().message, HasSubstr("exited with code 3"));
  }

  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

}  // namespace
}  // namespace manta::hostile_code_test
