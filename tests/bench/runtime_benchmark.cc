// SPDX-License-Identifier: Apache-2.0
// What the runtime costs: one measurement in each run of the program, printed as one line of JSON. docs/benchmarks.md
// says what each means. Every measurement has a process of its own, so that none finds what another has warmed.
#include <manta/manta.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/benchmark_support.h"

namespace {

using manta::bench::now_us;
using manta::bench::print;
using manta::bench::quantile;
using manta::bench::time_us;
using Bytes = manta::SharedArray<std::uint64_t>;

constexpr std::string_view kUsage =
    "usage: manta_runtime_benchmark start | call | idle_call | in_flight | put BYTES | get BYTES\n";

class Counter {
 public:
  int increment(int by) { return count_ += by; }

 private:
  int count_ = 0;
};

/// Makes arrays in the store, in another process than the one that reads them.
class Maker {
 public:
  manta::Result<Bytes> make(std::size_t words) {
    MANTA_ASSIGN_OR_RETURN(auto builder, manta::make_array<std::uint64_t>({words}));
    std::fill(builder.begin(), builder.end(), std::uint64_t{3});
    return std::move(builder).seal();
  }
};

/// Reads every byte, with the four sums that the yardsticks use.
std::uint64_t sum(const Bytes& array) {
  const std::uint64_t* words = array.data();
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
  for (std::size_t i = 0; i + 4 <= array.size(); i += 4) {
    a += words[i];
    b += words[i + 1];
    c += words[i + 2];
    d += words[i + 3];
  }
  return a + b + c + d;
}

/// One call after the other; before each, `pause` without one.
std::vector<double> measure_calls(std::size_t count, std::chrono::microseconds pause) {
  const auto counter = manta::actor<Counter>();
  std::vector<double> times;
  const auto call = [&] { manta::get(counter.call<&Counter::increment>(1)).value(); };
  for (std::size_t i = 0; i < count / 10; ++i) call();
  for (std::size_t i = 0; i < count; ++i) {
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    times.push_back(time_us(call));
  }
  return times;
}

/// Calls per second while a thousand are always under way.
double measure_in_flight() {
  constexpr std::size_t kWindow = 1000;
  constexpr double kMicroseconds = 1e6;
  const auto counter = manta::actor<Counter>();
  std::vector<manta::ObjectRef<int>> window(kWindow);
  for (auto& ref : window) ref = counter.call<&Counter::increment>(1);
  manta::get(window).value();
  for (auto& ref : window) ref = counter.call<&Counter::increment>(1);
  const double begin = now_us();
  double calls = 0;
  while (now_us() - begin < kMicroseconds) {
    for (auto& ref : window) {
      manta::get(ref).value();
      ref = counter.call<&Counter::increment>(1);
    }
    calls += kWindow;
  }
  return calls / (now_us() - begin) * 1e6;
}

/// From the refs of arrays that another process made to the sums of their bytes: the first time, when this process has
/// not seen the pages, and the second.
void measure_get(std::size_t bytes, std::vector<double>& first, std::vector<double>& again) {
  const auto maker = manta::actor<Maker>();
  std::vector<manta::ObjectRef<Bytes>> refs(bytes > (64u << 20) ? 4 : 16);
  for (auto& ref : refs) ref = maker.call<&Maker::make>(bytes / sizeof(std::uint64_t));
  manta::wait(refs, refs.size());
  for (const auto& ref : refs) {
    const auto read = [&] { MANTA_CHECK(sum(manta::get(ref).value()) > 0, "the array is empty"); };
    first.push_back(time_us(read));
    again.push_back(time_us(read));
  }
}

/// As many as make 400 MB, but 3 to 200.
std::size_t repetitions(std::size_t bytes) { return std::clamp<std::size_t>((400u << 20) / bytes, 3, 200); }

bool run(std::string_view mode, std::size_t bytes) {
  if (mode == "first_result") {
    manta::bench::first_result();
  } else if (mode == "start") {
    std::vector<double> times(20);
    for (double& time : times) time = manta::bench::time_of_start();
    print("start", quantile(times, 0.5), "us");
  } else if (mode == "call") {
    const std::vector<double> times = measure_calls(20'000, {});
    print("call", quantile(times, 0.5), "us");
    print("call_p99", quantile(times, 0.99), "us");
  } else if (mode == "idle_call") {
    print("idle_call", quantile(measure_calls(500, std::chrono::milliseconds(1)), 0.5), "us");
  } else if (mode == "in_flight") {
    print("in_flight", measure_in_flight(), "calls/s");
  } else if (mode == "put" && bytes > 0) {
    print("put", quantile(manta::bench::measure_put(bytes, repetitions(bytes)), 0.5), "us");
  } else if (mode == "get" && bytes > 0) {
    std::vector<double> first, again;
    measure_get(bytes, first, again);
    print("get_first", quantile(first, 0.5), "us");
    print("get_again", quantile(again, 0.5), "us");
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const manta::Runtime runtime = manta::init(argc, argv).value();
  const std::string_view mode = argc > 1 ? argv[1] : "";
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (run(mode, bytes)) return 0;
  std::fputs(kUsage.data(), stderr);
  return 2;
}
