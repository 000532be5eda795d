// SPDX-License-Identifier: Apache-2.0
// What the runtime costs: one measurement in each run of the program, printed as one line of JSON. docs/benchmarks.md
// says what each means. Every measurement has a process of its own, so that none finds what another has warmed.
#include <manta/manta.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Bytes = manta::SharedArray<std::uint64_t>;

constexpr std::string_view kUsage =
    "usage: manta_runtime_benchmark start | call | idle_call | in_flight | put BYTES | get BYTES\n";

double now_us() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Function>
double time_us(Function&& function) {
  const double begin = now_us();
  function();
  return now_us() - begin;
}

/// The value that the share `part` of `values` lies below; `values` is not empty.
double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

int add(int a, int b) { return a + b; }

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

/// As many as make 400 MB, but 3 to 200.
int repetitions(std::size_t bytes) { return static_cast<int>(std::clamp<std::size_t>((400u << 20) / bytes, 3, 200)); }

/// A whole program: starts the runtime, runs one task, and says when its result was there.
void first_result() {
  const int sum_of_two = manta::get(manta::remote<add>(1, 2)).value();
  std::printf("%.3f %d\n", now_us(), sum_of_two);
  std::fflush(stdout);
}

/// Starts this program anew with first_result. Returns how long it took until its result, in microseconds.
double time_of_start(const char* program) {
  int ends[2];
  MANTA_CHECK(::pipe(ends) == 0, "no pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  ::posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string mode = "first_result";
  std::string name = program;
  char* const arguments[] = {name.data(), mode.data(), nullptr};
  pid_t child = 0;
  const double begin = now_us();
  MANTA_CHECK(::posix_spawn(&child, program, &actions, nullptr, arguments, environ) == 0, "cannot start the program");
  ::close(ends[1]);
  ::posix_spawn_file_actions_destroy(&actions);
  std::FILE* out = ::fdopen(ends[0], "r");
  double end = 0;
  MANTA_CHECK(std::fscanf(out, "%lf", &end) == 1, "the program gave no result");
  std::fclose(out);
  int status = 0;
  ::waitpid(child, &status, 0);
  MANTA_CHECK(status == 0, "the program failed");
  return end - begin;
}

std::vector<double> measure_start(const char* program) {
  std::vector<double> times(20);
  for (double& time : times) time = time_of_start(program);
  return times;
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

/// From an array on the heap to a ref; its room in the store has been used before.
std::vector<double> measure_put(std::size_t bytes) {
  const Bytes source(std::vector<std::uint64_t>(bytes / sizeof(std::uint64_t), 1));
  for (int i = 0; i < 3; ++i) MANTA_CHECK(manta::get(manta::put(source)).has_value(), "the store is too small");
  std::vector<double> times;
  for (int i = repetitions(bytes); i > 0; --i) {
    manta::ObjectRef<Bytes> ref;
    times.push_back(time_us([&] { ref = manta::put(source); }));
  }
  return times;
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

void print(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}\n", name, value, unit);
}

bool run(std::string_view mode, std::size_t bytes, const char* program) {
  if (mode == "first_result") {
    first_result();
  } else if (mode == "start") {
    print("start", quantile(measure_start(program), 0.5), "us");
  } else if (mode == "call") {
    const std::vector<double> times = measure_calls(20'000, {});
    print("call", quantile(times, 0.5), "us");
    print("call_p99", quantile(times, 0.99), "us");
  } else if (mode == "idle_call") {
    print("idle_call", quantile(measure_calls(500, std::chrono::milliseconds(1)), 0.5), "us");
  } else if (mode == "in_flight") {
    print("in_flight", measure_in_flight(), "calls/s");
  } else if (mode == "put" && bytes > 0) {
    print("put", quantile(measure_put(bytes), 0.5), "us");
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
  if (run(mode, bytes, "/proc/self/exe")) return 0;
  std::fputs(kUsage.data(), stderr);
  return 2;
}
