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

int nothing(const std::vector<std::string>&) {
  until_input_ends();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const manta::Runtime runtime = manta::init(argc, argv, {.cpus = 2, .object_store_bytes = 64 << 20}).value();
  const std::map<std::string, std::function<int(const std::vector<std::string>&)>> modes = {{"actors", actors},
                                                                                            {"nothing", nothing}};
  return modes.at(argv[1])(std::vector<std::string>(argv + 2, argv + argc));
}
