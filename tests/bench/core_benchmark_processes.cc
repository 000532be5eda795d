// SPDX-License-Identifier: Apache-2.0
// Processes: how long until they answer, and what they take while nothing is to be done.
#include <manta/manta.h>
#include <unistd.h>

#include <thread>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"
#include "tests/bench/process_usage.h"

namespace manta::bench {
namespace {

using namespace std::chrono_literals;

/// An actor that has answered a call and then had time to fall asleep.
Actor<SmallActor> idle_actor() {
  const auto actor = manta::actor<SmallActor>();
  get(actor.call<&SmallActor::small_value>()).value();
  std::this_thread::sleep_for(1s);
  return actor;
}

void actor_creation(std::string_view name) {
  constexpr int kWarmUp = 5;
  std::vector<double> times;
  for (int i = 0; i < kWarmUp + 100; ++i) {
    Actor<SmallActor> actor;
    const double time = time_us([&] {
      actor = manta::actor<SmallActor>();
      get(actor.call<&SmallActor::small_value>()).value();
    });
    if (i >= kWarmUp) times.push_back(time / 1e3);
  }
  print(name, quantile(times, 0.5), "ms");
}

void start_to_first_result(std::string_view name) {
  std::vector<double> times(20);
  for (double& time : times) time = time_of_start() / 1e3;
  print(name, quantile(times, 0.5), "ms");
}

void idle_memory(std::string_view) {
  constexpr double kMegabyte = 1e6;
  const auto actor = idle_actor();
  const MemoryUse worker = memory_use({actor.pid()});
  const MemoryUse runtime = memory_use(descendants());
  print("idle_memory_worker", worker.private_bytes / kMegabyte, "MB");
  print("idle_memory_worker.proportional", worker.proportional_bytes / kMegabyte, "MB");
  print("idle_memory_runtime", runtime.private_bytes / kMegabyte, "MB");
  print("idle_memory_runtime.proportional", runtime.proportional_bytes / kMegabyte, "MB");
}

void idle_cpu(std::string_view name) {
  const auto actor = idle_actor();
  std::vector<pid_t> processes = descendants();
  processes.push_back(::getpid());
  const double cpu_before = cpu_ns(processes);
  const double begin = now_us();
  std::this_thread::sleep_for(2s);
  const double elapsed_ns = (now_us() - begin) * 1e3;
  print(name, (cpu_ns(processes) - cpu_before) / elapsed_ns * 100, "%");
}

}  // namespace

std::vector<CoreRow> process_rows() {
  return {{"actor_creation", actor_creation},
          {"start_to_first_result", start_to_first_result},
          {"idle_memory", idle_memory},
          {"idle_cpu", idle_cpu}};
}

}  // namespace manta::bench
