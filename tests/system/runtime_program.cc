// SPDX-License-Identifier: Apache-2.0
// A program that uses the runtime, for tests that look at it from outside: does what its first word says, prints
// "ready", and goes on when its standard input ends.
#include <manta/manta.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

class Counter {
 public:
  int increase(int by) { return count_ += by; }
  // Until the file is there.
  int wait_for(const std::string& path) {
    while (!std::ifstream(path).is_open()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return count_;
  }

 private:
  int count_ = 0;
};

class Crasher {
 public:
  int crash() { std::abort(); }
};

class Cache {
 public:
  int size() { return 0; }
};

void until_input_ends() {
  std::printf("ready\n");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
  }
}

// `words[0]` actors, the first with a name and a queue behind a call that waits for the file `words[1]`.
int actors(const std::vector<std::string>& words) {
  std::vector<manta::Actor<Counter>> counters;
  for (int i = 1; i < std::stoi(words[0]); ++i) counters.push_back(manta::actor<Counter>());
  const auto cache = manta::actor<Cache>();
  const auto busy = manta::actor<Counter>.with({.name = "busy \x1b[31mone"})();
  for (const auto& counter : counters) manta::get(counter.call<&Counter::increase>(1)).value();
  manta::get(cache.call<&Cache::size>()).value();
  manta::get(busy.call<&Counter::increase>(1)).value();
  auto waits = busy.call<&Counter::wait_for>(words[1]);
  for (int i = 0; i < 20; ++i) busy.call<&Counter::increase>(1);
  const auto kept = manta::put(std::vector<char>(1 << 20));
  until_input_ends();
  return 0;
}

int slow(int n) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return n;
}
int fail(int n) { throw std::runtime_error("no luck with " + std::to_string(n)); }
int crash(int) { std::abort(); }
int nested(int n) { return manta::get(manta::remote<slow>(n)).value(); }

// Some of everything: tasks that end well and badly, an actor that is killed, a wait in a worker, a large put.
int work(const std::vector<std::string>&) {
  std::vector<manta::ObjectRef<int>> tasks;
  for (int i = 0; i < 50; ++i) tasks.push_back(manta::remote<slow>(i));
  manta::get(tasks).value();
  manta::get(manta::remote<nested>(1)).value();
  static_cast<void>(manta::get(manta::remote<fail>(1)));
  static_cast<void>(manta::get(manta::remote<crash>.with({.max_retries = 1})(1)));
  const auto counter = manta::actor<Counter>.with({.name = "tally \"it\""})();
  for (int i = 0; i < 100; ++i) manta::get(counter.call<&Counter::increase>(1)).value();
  const auto kept = manta::put(std::vector<char>(1 << 20));
  const auto death = counter.monitor();
  counter.kill();
  manta::get(death).value();
  until_input_ends();
  return 0;
}

constexpr int kExitCode = 7;
std::optional<manta::Runtime> g_runtime;  // That of main(), if it is to end with the program's static objects.
std::vector<manta::Actor<Counter>> g_counters;
std::vector<manta::ObjectRef<int>> g_refs;
std::atomic<bool> g_leaves_in_metrics{false};

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}
void leave() { std::exit(kExitCode); }

// Ends by exit() in user code that the runtime calls: `words[0]` says where.
int leave_in(const std::vector<std::string>& words) {
  const std::string& where = words[0];
  g_counters.push_back(manta::actor<Counter>());
  g_refs.push_back(g_counters[0].call<&Counter::wait_for>("/no/such/file"));
  if (where == "nowhere") return kExitCode;  // But with all that.
  if (where == "service_thread") {
    manta::remote<slow>(1).then(leave);
  } else if (where == "get") {
    manta::remote<slow>(1).then(leave);
    static_cast<void>(manta::get(g_refs[0]));
  } else if (where == "process_thread") {
    manta::remote<crash>(1).then(leave);
  } else if (where == "death_handler") {
    manta::on_child_death([](const manta::ChildDeath&) -> bool { std::exit(kExitCode); }).value();
    manta::actor<Crasher>.with({.lifetime = manta::ActorLifetime::kDetached})().call<&Crasher::crash>();
  } else if (where == "metrics") {
    g_leaves_in_metrics = true;  // Now that the static objects are as they are to be destroyed.
  } else if (where == "crowd") {
    for (int i = 0; i < 4; ++i)
      std::thread([] {
        while (manta::get(manta::remote<slow>(1))) {
        }
        wait_for_ever();
      }).detach();
    for (int i = 0; i < 20; ++i) manta::remote<slow>(i).then(i == 10 ? leave : +[] {});
  }
  wait_for_ever();
}

// Takes memory until there is none.
int hoard() {
  constexpr std::size_t kPiece = std::size_t{8} << 20;
  std::vector<std::vector<char>> pieces;
  for (;;) pieces.emplace_back(kPiece, 'x');
}

// A task that was promised no memory takes all there is; the program says how it died, and goes on.
int squeeze(const std::vector<std::string>&) {
  std::printf("%s\n", manta::get(manta::remote<hoard>.with({.max_retries = 0})()).error().message.c_str());
  std::printf("then %d\n", manta::get(manta::remote<slow>(3)).value());
  until_input_ends();
  return 0;
}

int print_lines(int count) {
  for (int i = 0; i < count; ++i) std::printf("line %d of a task that has much to say\n", i);
  return count;
}

// A task prints `words[0]` lines.
int chatter(const std::vector<std::string>& words) {
  const int count = manta::get(manta::remote<print_lines>(std::stoi(words[0]))).value();
  std::printf("printed %d\n", count);
  until_input_ends();
  return 0;
}

int nothing(const std::vector<std::string>&) {
  until_input_ends();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // "trace=FILE" and the like may stand behind the other words.
  const auto option = [&](const std::string& name) {
    for (int i = 2; i < argc; ++i)
      if (std::string(argv[i]).rfind(name, 0) == 0) return std::string(argv[i] + name.size());
    return std::string();
  };
  manta::RuntimeOptions options = {.cpus = 2,
                                   .object_store_bytes = 64 << 20,
                                   .log_directory = option("logs="),
                                   .trace_file = option("trace="),
                                   .metrics_file = option("metrics="),
                                   .metrics_interval = std::chrono::milliseconds(50)};
  const std::string mode = argv[1];
  if (mode == "leave")
    options.metrics_callback = [](const std::string&) {
      if (g_leaves_in_metrics) leave();
    };
  manta::Runtime runtime = manta::init(argc, argv, options).value();
  if (mode == "leave" && std::string(argv[3]) == "static") g_runtime.emplace(std::move(runtime));
  const std::map<std::string, std::function<int(const std::vector<std::string>&)>> modes = {
      {"actors", actors},   {"work", work},       {"leave", leave_in},
      {"squeeze", squeeze}, {"chatter", chatter}, {"nothing", nothing}};
  return modes.at(mode)(std::vector<std::string>(argv + 2, argv + argc));
}
