// SPDX-License-Identifier: Apache-2.0
// A program that uses the runtime, for tests that look at it from outside: does what its first word says, prints
// "ready", and goes on when its standard input ends.
#include <manta/manta.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
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
  const manta::Runtime runtime = manta::init(argc, argv,
                                             {.cpus = 2,
                                              .object_store_bytes = 64 << 20,
                                              .trace_file = option("trace="),
                                              .metrics_file = option("metrics="),
                                              .metrics_interval = std::chrono::milliseconds(50)})
                                     .value();
  const std::map<std::string, std::function<int(const std::vector<std::string>&)>> modes = {
      {"actors", actors}, {"work", work}, {"nothing", nothing}};
  return modes.at(argv[1])(std::vector<std::string>(argv + 2, argv + argc));
}
