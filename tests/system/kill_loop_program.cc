// SPDX-License-Identifier: Apache-2.0
// A mixed load for tests/system/kill_loop_test.py: tasks, actors, streams, and more objects than the store holds, whose
// every result is checked, while processes are killed.
//
//   kill_loop_program forever                       until it is killed itself; says "ready" when some lies on disk
//   kill_loop_program task|actor|server KILLS SEED PATIENCE  kills that many of its own, at random moments, and says
//                                                   what it saw; fails if a kill leaves something for PATIENCE seconds
//   kill_loop_program sweep                         begins and ends
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <optional>
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
#include "core/api/stream.h"
#include "tests/support/process_watch.h"

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;  // A result that takes longer is one that never comes.
constexpr std::size_t kStoreBytes = std::size_t{4} << 20;

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

// The name of a daemon says whose it is.
std::string daemon_name(pid_t worker) { return "of-" + std::to_string(worker); }

// A process that would live for ever: it has left its session and its parent.
bool start_daemon() {
  const std::string name = daemon_name(::getpid());
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() == 0) {
      ::prctl(PR_SET_NAME, name.c_str());
      for (;;) ::pause();
    }
    ::_exit(0);
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return true;
}

// Whatever runs in a worker calls this: each has one.
void have_daemon() { [[maybe_unused]] static const bool has = start_daemon(); }

using Array = manta::SharedArray<long>;

long square(long number) {
  have_daemon();
  return number * number;
}
Array ramp(std::size_t count) {
  have_daemon();
  std::vector<long> values(count);
  std::iota(values.begin(), values.end(), 0);
  return Array(std::move(values));
}
long sum(const Array& values) {
  have_daemon();
  return std::accumulate(values.begin(), values.end(), 0L);
}
long sum_of_squares(long count) {
  have_daemon();
  std::vector<manta::ObjectRef<long>> refs;
  for (long i = 0; i < count; ++i) refs.push_back(manta::remote<square>.with({.max_retries = 1000})(i));
  long total = 0;
  for (const auto& ref : refs) total += manta::get(ref, kPatience).value();
  return total;
}
manta::Generator<long> count_to(long last) {
  have_daemon();
  for (long i = 1; i <= last; ++i) co_yield i;
}

class Counter {
 public:
  Counter() { have_daemon(); }
  long add(long by) { return total_ += by; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(total_);
  }

 private:
  long total_ = 0;
};

// Calls another actor, so often that the calls go there without the driver.
class Asker {
 public:
  explicit Asker(manta::Actor<Counter> counter) : counter_(std::move(counter)) { have_daemon(); }
  manta::Result<long> ask(long times) {
    long total = 0;
    for (long i = 0; i < times; ++i) {
      MANTA_ASSIGN_OR_RETURN(total, manta::get(counter_.call<&Counter::add>(1L), kPatience));
    }
    return total;
  }

 private:
  manta::Actor<Counter> counter_;
};

// More than the store holds: some of it goes to disk, and comes back when it is read.
constexpr long kPieces = 6;
constexpr long kLongs = (1 << 20) / sizeof(long);  // Of each.
static_assert(kPieces * kLongs * sizeof(long) > kStoreBytes);
std::vector<manta::ObjectRef<Array>> put_too_much() {
  std::vector<manta::ObjectRef<Array>> pieces;
  for (long i = 0; i < kPieces; ++i) pieces.push_back(manta::put(Array(std::vector<long>(kLongs, i))));
  return pieces;
}

struct Loads {
  void all() {
    tasks();
    objects();
    stream();
    actors();
    calls_among_actors();
  }
  // Some tasks, retried; arrays that go from one to the next; tasks that make tasks; one with a limit of its memory.
  void tasks() {
    std::vector<manta::ObjectRef<long>> refs;
    for (long i = 0; i < 20; ++i) refs.push_back(manta::remote<square>.with({.max_retries = 1000})(i));
    const auto numbers = manta::remote<ramp>.with({.max_retries = 1000})(std::size_t{20'000});
    const auto total = manta::remote<sum>.with({.max_retries = 1000})(numbers);
    const auto nested = manta::remote<sum_of_squares>.with({.max_retries = 1000})(5L);
    const auto limited = manta::remote<square>.with({.memory = std::uint64_t{512} << 20, .max_retries = 1000})(7L);
    for (long i = 0; i < 20; ++i) check(manta::get(refs[static_cast<std::size_t>(i)], kPatience), i * i, "square");
    check(manta::get(total, kPatience), 20'000L * 19'999 / 2, "sum of an array");
    check(manta::get(nested, kPatience), 30L, "sum of squares");
    check(manta::get(limited, kPatience), 49L, "square with a limit");
  }
  // Read by tasks and here.
  void objects() {
    const std::vector<manta::ObjectRef<Array>> pieces = put_too_much();
    std::vector<manta::ObjectRef<long>> sums;
    for (const auto& piece : pieces) sums.push_back(manta::remote<sum>.with({.max_retries = 1000})(piece));
    for (long i = 0; i < kPieces; ++i) {
      const Array here = manta::get(pieces[static_cast<std::size_t>(i)], kPatience).value();
      if (std::count(here.begin(), here.end(), i) != kLongs) fail("an object is another one");
    }
    for (long i = 0; i < kPieces; ++i)
      check(manta::get(sums[static_cast<std::size_t>(i)], kPatience), i * kLongs, "sum of an object");
    most_spilled = std::max(most_spilled, manta::status().value().store_bytes_spilled);
  }
  // Up to where its worker died, if it did.
  void stream() {
    manta::Stream<long> numbers = manta::remote<count_to>.with({.stream_buffer = 4})(20L);
    for (long i = 1; i <= 21; ++i)
      if (!check(numbers.next(kPatience), i <= 20 ? std::optional<long>(i) : std::nullopt, "stream")) return;
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
  // Both may die.
  void calls_among_actors() {
    constexpr long kCalls = 100;
    asked += kCalls;
    if (check(manta::get(asker.call<&Asker::ask>(kCalls), kPatience), asked, "calls among actors")) return;
    asked_one = manta::actor<Counter>();
    asker = manta::actor<Asker>(asked_one);
    asked = 0;
  }

  manta::Actor<Counter> careful =
      manta::actor<Counter>.with({.max_restarts = 1 << 30, .max_task_retries = 1 << 30, .checkpoint_every = 1})();
  manta::Actor<Counter> careless = manta::actor<Counter>();
  long expected = 0;
  manta::Actor<Counter> asked_one = manta::actor<Counter>();
  manta::Actor<Asker> asker = manta::actor<Asker>(asked_one);
  long asked = 0;
  std::uint64_t most_spilled = 0;
};

std::size_t open_files() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What is to be killed, and what is to end with it.
struct Victim {
  pid_t pid = 0;  // 0: there is none now.
  std::vector<manta::ProcessWatch> all;
};

// The workers with these pids, and their daemons.
std::vector<manta::ProcessWatch> watch(const std::vector<pid_t>& workers) {
  std::vector<manta::ProcessWatch> found;
  for (const pid_t worker : workers) found.emplace_back(worker);
  DIR* processes = ::opendir("/proc");
  while (const dirent* entry = ::readdir(processes)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid == 0) continue;
    const std::string name = first_line("/proc/" + std::to_string(pid) + "/comm");
    if (std::any_of(workers.begin(), workers.end(), [&](pid_t worker) { return name == daemon_name(worker); }))
      found.emplace_back(pid);
  }
  ::closedir(processes);
  return found;
}

pid_t parent_of(pid_t pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  int parent = 0;
  if (std::sscanf(line.c_str(), "%*d (%*[^)]) %*c %d", &parent) != 1) return 0;
  return parent == ::getpid() || parent <= 1 ? 0 : parent;
}

// The process of a worker in this state ("task", "actor"), or of the server of them all.
Victim choose(const std::string& role, std::mt19937& random) {
  const manta::RuntimeStatus status = manta::status().value();
  std::vector<pid_t> found;
  for (const auto& worker : status.workers) {
    const bool fits = role == "server" || worker.state == role || (role == "task" && worker.state == "blocked");
    if (fits && worker.pid > 0) found.push_back(worker.pid);
  }
  if (found.empty()) return {};
  const pid_t worker = found[random() % found.size()];
  if (role != "server") return {worker, watch({worker})};
  const pid_t server = parent_of(worker);
  Victim victim{server, watch(found)};
  if (server > 0) victim.all.emplace_back(server);
  return victim;
}

// Kills one after the other, and watches what is to end with each.
class Killer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Killer(std::string role, int kills, unsigned seed, std::chrono::seconds patience)
      : role_(std::move(role)), patience_(patience), left_(kills), random_(seed) {}

  bool has_more() const { return left_.load() > 0; }
  void run() {
    while (has_more()) {
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 3000));
      look();
      Victim victim = choose(role_, random_);
      if (victim.pid <= 1 || ::kill(victim.pid, SIGKILL) != 0) continue;
      endings_.push_back({std::chrono::steady_clock::now(), std::move(victim.all)});
      left_.fetch_sub(1);
    }
    for (; !endings_.empty(); look()) std::this_thread::sleep_for(1ms);
  }
  // Of each kill, how long until nothing was left of what was to end with it.
  const std::vector<double>& seconds() const { return seconds_; }

 private:
  struct Ending {
    Time begin;
    std::vector<manta::ProcessWatch> left;
  };

  void look() {
    const Time now = std::chrono::steady_clock::now();
    for (Ending& ending : endings_) {
      std::erase_if(ending.left, [](const auto& process) { return !process.is_watching() || process.has_ended(); });
      if (ending.left.empty()) {
        seconds_.push_back(std::chrono::duration<double>(now - ending.begin).count());
      } else if (now - ending.begin > patience_) {
        fail(std::to_string(ending.left.size()) + " processes were left by a kill");
      }
    }
    std::erase_if(endings_, [](const Ending& ending) { return ending.left.empty(); });
  }

  const std::string role_;
  const std::chrono::seconds patience_;  // What lives on for longer has been left.
  std::atomic<int> left_;
  std::mt19937 random_;
  std::vector<Ending> endings_;
  std::vector<double> seconds_;
};

// Nothing of the store went with those that were killed: all of it can be had in one piece, and then nothing is used.
void check_store() {
  constexpr std::size_t kHead = std::size_t{64} << 10;
  if (const auto all = manta::make_array<char>({kStoreBytes - kHead}); !all)
    fail("the store is smaller than it was: " + to_string(all.error()));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto is_used = [] {
    const manta::RuntimeStatus status = manta::status().value();
    return status.store_bytes_used + status.store_bytes_spilled > 0;
  };
  while (is_used() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
}

int kill_own(Killer& killer) {
  std::thread killing([&] { killer.run(); });
  int rounds = 0;
  std::uint64_t most_spilled = 0;
  {
    Loads loads;
    for (; killer.has_more(); ++rounds) loads.all();
    killing.join();
    loads.all();  // What comes after has not been hurt.
    most_spilled = loads.most_spilled;
  }
  check_store();
  const manta::RuntimeStatus status = manta::status().value();
  std::printf("rounds %d\nfiles %zu\n", rounds, open_files());
  std::printf("store_bytes_used %llu\n", static_cast<unsigned long long>(status.store_bytes_used));
  std::printf("store_bytes_spilled %llu\n", static_cast<unsigned long long>(status.store_bytes_spilled));
  std::printf("most_bytes_spilled %llu\n", static_cast<unsigned long long>(most_spilled));
  for (const double seconds : killer.seconds()) std::printf("ended_after %.6f\n", seconds);
  return 0;
}

[[noreturn]] void load_for_ever() {
  const auto kept = put_too_much();
  Loads loads;
  if (manta::get(manta::remote<square>(3L)).value() != 9) fail("square");
  std::printf("ready\n");
  for (;;) loads.all();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  auto runtime = manta::init(argc, argv, {.cpus = 2, .object_store_bytes = kStoreBytes});
  if (!runtime) fail(to_string(runtime.error()));
  if (role == "forever") load_for_ever();
  if (role == "sweep") return 0;
  if (argc != 5) fail("usage: kill_loop_program forever | task|actor|server KILLS SEED PATIENCE | sweep");
  Killer killer(role, std::atoi(argv[2]), static_cast<unsigned>(std::atoi(argv[3])), std::chrono::seconds(std::atoi(argv[4])));
  return kill_own(killer);
}
