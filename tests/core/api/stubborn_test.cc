// SPDX-License-Identifier: Apache-2.0
// Processes that do not want to end, each ended in every way there is: nothing is left, and what they had is free.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/temporary_folder.h"

namespace manta::stubborn_test {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

// A named pipe that a process and all its descendants have open for writing: it is at its end when all are gone.
class Life {
 public:
  Life() {
    EXPECT_EQ(::mkfifo(path().c_str(), 0600), 0);
    fd_ = ::open(path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  }
  ~Life() { ::close(fd_); }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  std::string path() const { return folder_.path() + "/life"; }
  // Each of `count` processes has said that it is there.
  bool has_begun(int count) const {
    char byte = 0;
    while (count > 0 && comes() && ::read(fd_, &byte, 1) == 1) --count;
    return count == 0;
  }
  bool has_ended() const {
    ::close(::open(path().c_str(), O_WRONLY | O_CLOEXEC));  // It has an end, though nobody may ever have come.
    char byte = 0;
    while (comes())
      if (::read(fd_, &byte, 1) == 0) return true;
    return false;
  }

 private:
  bool comes() const {
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) == 1;
  }

  TemporaryFolder folder_;
  int fd_ = -1;
};

void say(int life) { static_cast<void>(::write(life, "x", 1)); }
[[noreturn]] void stay(int life) {
  say(life);
  for (;;) ::pause();
}
[[noreturn]] void stop(int life) {
  say(life);
  for (;;) ::raise(SIGSTOP);
}
void ignore_all() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
}
template <class Child>
void in_child(Child&& child) {
  if (::fork() != 0) return;
  child();
  ::_exit(0);
}
// In a session of its own, its parent gone, deaf.
void start_daemon(int life) {
  in_child([life] {
    ::setsid();
    in_child([life] {
      ::setsid();
      ignore_all();
      stay(life);
    });
  });
}
// A daemon that is another process every millisecond.
void start_runner(int life) {
  in_child([life] {
    say(life);
    for (;;) {
      ::setsid();
      ::usleep(1000);
      if (::fork() != 0) ::_exit(0);
    }
  });
}

struct Way {
  const char* name;
  int processes;  // That say that they are there.
  void (*begin)(int life);
};
const Way kWays[] = {
    {"it ignores every signal", 1,
     [](int life) {
       ignore_all();
       stay(life);
     }},
    {"it stops itself", 1, [](int life) { stop(life); }},
    {"a child of it is stopped", 2,
     [](int life) {
       in_child([life] { stop(life); });
       stay(life);
     }},
    {"a child has left for a session of its own", 2,
     [](int life) {
       in_child([life] {
         ::setsid();
         ignore_all();
         stay(life);
       });
       stay(life);
     }},
    {"it has a daemon and stops itself", 2,
     [](int life) {
       start_daemon(life);
       stop(life);
     }},
    {"a daemon keeps its own orphans", 3,
     [](int life) {
       in_child([life] {
         ::prctl(PR_SET_CHILD_SUBREAPER, 1);
         start_daemon(life);
         stay(life);
       });
       stay(life);
     }},
    {"a child is traced and stopped", 2,
     [](int life) {
       in_child([life] {
         ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
         stop(life);
       });
       stay(life);
     }},
    {"its child traces and stops it", 2,
     [](int life) {
       ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
       say(life);
       in_child([life] {
         ::setsid();
         ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr);
         stay(life);
       });
       for (;;) ::pause();
     }},
    {"a child runs from process to process", 2,
     [](int life) {
       start_runner(life);
       stay(life);
     }},
};

int resist(int way, const std::string& path) {
  kWays[way].begin(::open(path.c_str(), O_WRONLY));
  return 0;
}
int add(int a, int b) { return a + b; }

class Stubborn {
 public:
  int process() { return ::getpid(); }
  int fork_server() { return ::getppid(); }
  int begin(int way, const std::string& path) { return resist(way, path); }
  // These come back, what they have started stays.
  int leave_daemon(const std::string& path) {
    const int life = ::open(path.c_str(), O_WRONLY);
    start_daemon(life);
    start_runner(life);
    return ::close(life);
  }
};

class Owner {
 public:
  int begin(int way, const std::string& path) {
    stubborn_ = actor<Stubborn>.with({.cpus = 1})();
    stubborn_.call<&Stubborn::begin>(way, path);
    return 0;
  }

 private:
  Actor<Stubborn> stubborn_;
};

// The one CPU of the machine is what it has.
class StubbornTest : public ::testing::Test {
 protected:
  using End = std::function<void(std::optional<Runtime>&)>;

  // `begin` starts the way and gives what ends it.
  static void try_each_way(const std::function<End(int way, const std::string& path)>& begin, bool waits = true) {
    std::optional<Runtime> runtime;
    for (int way = 0; way < static_cast<int>(std::size(kWays)); ++way) {
      SCOPED_TRACE(kWays[way].name);
      if (!runtime) runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = std::size_t{16} << 20}).value();
      const Life life;
      const End end = begin(way, life.path());
      ASSERT_TRUE(!waits || life.has_begun(kWays[way].processes));
      end(runtime);
      ASSERT_TRUE(life.has_ended());
      if (!runtime) continue;
      ASSERT_EQ(get(remote<add>(2, 3), kPatience).value(), 5) << "its CPU is free again";
    }
  }
};

TEST_F(StubbornTest, KillEndsEachActor) {
  try_each_way([](int way, const std::string& path) -> End {
    const auto stubborn = actor<Stubborn>.with({.cpus = 1})();
    const auto call = stubborn.call<&Stubborn::begin>(way, path);
    return [stubborn, call](auto&) {
      stubborn.kill();
      EXPECT_EQ(get(call, kPatience).error().code, ErrorCode::kActorDied);
    };
  });
}

TEST_F(StubbornTest, TheEndOfTheForkServerEndsEachActor) {
  try_each_way([](int way, const std::string& path) -> End {
    const auto stubborn = actor<Stubborn>.with({.cpus = 1})();
    const pid_t fork_server = get(stubborn.call<&Stubborn::fork_server>()).value();
    const auto call = stubborn.call<&Stubborn::begin>(way, path);
    return [stubborn, call, fork_server](auto&) {
      EXPECT_EQ(::kill(fork_server, SIGKILL), 0);
      EXPECT_EQ(get(call, kPatience).error().code, ErrorCode::kActorDied);
    };
  });
}

TEST_F(StubbornTest, TheTimeoutEndsEachTask) {
  const auto begin_with_timeout = [](int way, const std::string& path) -> End {
    const auto call = remote<resist>.with({.timeout = std::chrono::milliseconds(100)})(way, path);
    return [call](auto&) { EXPECT_EQ(get(call, kPatience).error().code, ErrorCode::kTimeout); };
  };
  try_each_way(begin_with_timeout, /*waits=*/false);  // It may be over before all have begun.
}

TEST_F(StubbornTest, CancellingByForceEndsEachTask) {
  try_each_way([](int way, const std::string& path) -> End {
    const auto call = remote<resist>(way, path);
    return [call](auto&) { cancel(call, {.force = true}); };
  });
}

TEST_F(StubbornTest, TheEndOfItsOwnerEndsEachActor) {
  try_each_way([](int way, const std::string& path) -> End {
    const auto owner = actor<Owner>();
    owner.call<&Owner::begin>(way, path);
    return [owner](auto&) { owner.kill(); };
  });
}

TEST_F(StubbornTest, TheEndOfTheRuntimeEndsEachTask) {
  try_each_way([](int way, const std::string& path) -> End {
    const auto call = remote<resist>(way, path);
    return [call](std::optional<Runtime>& runtime) {
      runtime.reset();
      EXPECT_EQ(get(call).error().code, ErrorCode::kCancelled);
    };
  });
}

TEST_F(StubbornTest, AnActorThatEndsInOrderTakesItsDaemonsAlong) {
  const Runtime runtime = init(g_argc, g_argv, {.cpus = 1, .object_store_bytes = std::size_t{16} << 20}).value();
  const Life life;
  auto stubborn = actor<Stubborn>.with({.cpus = 1})();
  ASSERT_EQ(get(stubborn.call<&Stubborn::leave_daemon>(life.path())).value(), 0);
  ASSERT_TRUE(life.has_begun(2));

  stubborn = {};

  EXPECT_TRUE(life.has_ended());
  EXPECT_EQ(get(remote<add>(2, 3), kPatience).value(), 5);
}

}  // namespace
}  // namespace manta::stubborn_test
