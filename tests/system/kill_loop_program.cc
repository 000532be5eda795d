// SPDX-License-Identifier: Apache-2.0
// A mixed load for tests/system/kill_loop_test.py: tasks, actors and objects, whose every result is checked, while
// processes are killed.
//
//   kill_loop_program forever                          until it is killed itself
//   kill_loop_program task|actor|server KILLS SEED     kills that many of its own, at random moments
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;  // A result that takes longer is one that never comes.

[[noreturn]] void fail(const std::string& what) {
  std::printf("WRONG: %s\n", what.c_str());
  std::fflush(stdout);
  std::_Exit(1);
}

// A result is right, or its process has died.
template <class T>
bool check(const manta::Result<T>& result, const T& expected, const char* what) {
  if (result && *result == expected) return true;
  if (result) fail(std::string(what) + ": another result");
  const manta::ErrorCode code = result.error().code;
  if (code != manta::ErrorCode::kWorkerDied && code != manta::ErrorCode::kActorDied)
    fail(std::string(what) + ": " + to_string(result.error()));
  return false;
}

long square(long number) { return number * number; }
manta::SharedArray<long> ramp(std::size_t count) {
  std::vector<long> values(count);
  std::iota(values.begin(), values.end(), 0);
  return manta::SharedArray<long>(std::move(values));
}
long sum(const manta::SharedArray<long>& values) { return std::accumulate(values.begin(), values.end(), 0L); }
long sum_of_squares(long count) {
  std::vector<manta::ObjectRef<long>> refs;
  for (long i = 0; i < count; ++i) refs.push_back(manta::remote<square>.with({.max_retries = 1000})(i));
  long total = 0;
  for (const auto& ref : refs) total += manta::get(ref, kPatience).value();
  return total;
}

class Counter {
 public:
  long add(long by) { return total_ += by; }
  long total() { return total_; }
  pid_t server() { return ::getppid(); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(total_);
  }

 private:
  long total_ = 0;
};

// A process that would live for ever: it has left its session and its parent.
int start_daemon() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() == 0)
      for (;;) ::pause();
    ::_exit(0);
  }
  return 1;
}

struct Loads {
  // Some tasks, retried; arrays that go from one to the next; tasks that make tasks.
  void tasks() {
    std::vector<manta::ObjectRef<long>> refs;
    for (long i = 0; i < 20; ++i) refs.push_back(manta::remote<square>.with({.max_retries = 1000})(i));
    const auto numbers = manta::remote<ramp>.with({.max_retries = 1000})(std::size_t{20'000});
    const auto total = manta::remote<sum>.with({.max_retries = 1000})(numbers);
    const auto nested = manta::remote<sum_of_squares>.with({.max_retries = 1000})(5L);
    for (long i = 0; i < 20; ++i) check(manta::get(refs[static_cast<std::size_t>(i)], kPatience), i * i, "square");
    check(manta::get(total, kPatience), 20'000L * 19'999 / 2, "sum of an array");
    check(manta::get(nested, kPatience), 30L, "sum of squares");
  }
  // One that is saved after each call and counts each once, whatever happens; one that may die.
  void actors() {
    std::vector<manta::ObjectRef<long>> refs;
    for (int i = 0; i < 20; ++i) refs.push_back(careful.call<&Counter::add>(1L));
    for (const auto& ref : refs)
      if (!check(manta::get(ref, kPatience), ++expected, "a careful count")) fail("a careful actor has died");
    if (!check(manta::get(careless.call<&Counter::add>(0L), kPatience), 0L, "a careless count"))
      careless = manta::actor<Counter>();
    static_cast<void>(careless.monitor());
  }

  manta::Actor<Counter> careful =
      manta::actor<Counter>.with({.max_restarts = 1 << 30, .max_task_retries = 1 << 30, .checkpoint_every = 1})();
  manta::Actor<Counter> careless = manta::actor<Counter>();
  long expected = 0;
};

std::size_t open_files() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

// The process of a worker in this state ("task", "actor"), or of the server of them all; 0: there is none now.
pid_t choose(const std::string& role, std::mt19937& random) {
  const manta::RuntimeStatus status = manta::status().value();
  std::vector<pid_t> found;
  for (const auto& worker : status.workers) {
    const bool fits = role == "server" || worker.state == role || (role == "task" && worker.state == "blocked");
    if (fits && worker.pid > 0) found.push_back(worker.pid);
  }
  if (found.empty()) return 0;
  const pid_t worker = found[random() % found.size()];
  if (role != "server") return worker;
  const std::string path = "/proc/" + std::to_string(worker) + "/stat";
  std::FILE* file = std::fopen(path.c_str(), "r");
  int parent = 0;
  if (file != nullptr) {
    if (std::fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1) parent = 0;
    std::fclose(file);
  }
  return parent == ::getpid() || parent <= 1 ? 0 : parent;
}

int kill_own(const std::string& role, int kills, unsigned seed) {
  std::mt19937 random(seed);
  std::atomic<int> left{kills};
  std::thread killer([&] {
    while (left.load() > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
      const pid_t victim = choose(role, random);
      if (victim > 1 && ::kill(victim, SIGKILL) == 0) left.fetch_sub(1);
    }
  });
  std::size_t files = 0;
  {
    Loads loads;
    int rounds = 0;
    for (; left.load() > 0; ++rounds) {
      loads.tasks();
      loads.actors();
    }
    killer.join();
    loads.tasks();  // What comes after has not been hurt.
    loads.actors();
    std::printf("%d rounds\n", rounds);
  }
  files = open_files();
  std::printf("%zu files, %llu bytes\n", files,
              static_cast<unsigned long long>(manta::status().value().store_bytes_used));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  auto runtime = manta::init(argc, argv, {.cpus = 2, .object_store_bytes = std::size_t{64} << 20});
  if (!runtime) fail(to_string(runtime.error()));
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "forever") {
    Loads loads;
    static_cast<void>(manta::get(manta::remote<start_daemon>()));
    std::printf("ready\n");
    for (;;) {
      loads.tasks();
      loads.actors();
    }
  }
  if (argc != 4) fail("usage: kill_loop_program forever | task|actor|server KILLS SEED");
  return kill_own(role, std::atoi(argv[2]), static_cast<unsigned>(std::atoi(argv[3])));
}
