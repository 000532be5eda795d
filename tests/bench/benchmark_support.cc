// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/benchmark_support.h"

#include <manta/manta.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace manta::bench {
namespace {

constexpr char kThisProgram[] = "/proc/self/exe";

int add(int a, int b) { return a + b; }

}  // namespace

void first_result() {
  const int sum_of_two = manta::get(manta::remote<add>(1, 2)).value();
  std::printf("%.3f %d\n", now_us(), sum_of_two);
  std::fflush(stdout);
}

double time_of_start() {
  int ends[2];
  MANTA_CHECK(::pipe(ends) == 0, "no pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  ::posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string mode = "first_result";
  std::string name = kThisProgram;
  char* const arguments[] = {name.data(), mode.data(), nullptr};
  pid_t child = 0;
  const double begin = now_us();
  MANTA_CHECK(::posix_spawn(&child, kThisProgram, &actions, nullptr, arguments, environ) == 0,
              "cannot start the program");
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

std::vector<double> measure_put(std::size_t bytes, std::size_t count) {
  using Bytes = SharedArray<std::uint64_t>;
  const Bytes source(std::vector<std::uint64_t>(bytes / sizeof(std::uint64_t), 1));
  for (int i = 0; i < 3; ++i) MANTA_CHECK(manta::get(manta::put(source)).has_value(), "the store is too small");
  std::vector<double> times(count);
  for (double& time : times) {
    ObjectRef<Bytes> ref;
    time = time_us([&] { ref = manta::put(source); });
  }
  return times;
}

}  // namespace manta::bench
