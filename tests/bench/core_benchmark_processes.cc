// SPDX-License-Identifier: Apache-2.0
// Processes: how long until they answer, and what they take while nothing is to be done.
#include <manta/manta.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/bench/actor_creation.h"
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

void start_to_first_result(std::string_view name) {
  std::vector<double> times(1000);
  for (double& time : times) time = time_of_start() / 1e3;
  print_times(name, times, "ms");
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

/// One process for each core that this one may use, which does nothing but work, and counts it.
class BusyCores {
 public:
  BusyCores() {
    void* shared = ::mmap(nullptr, sizeof *counts_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MANTA_CHECK(shared != MAP_FAILED, "no memory to count in");
    counts_ = new (shared) Counts;
    cpu_set_t allowed;
    MANTA_CHECK(::sched_getaffinity(0, sizeof allowed, &allowed) == 0, "which cores there are is not known");
    for (int i = 0; i < std::min<int>(CPU_COUNT(&allowed), kMost); ++i) {
      const pid_t child = ::fork();
      if (child == 0) work(counts_->of[i].value);
      MANTA_CHECK(child > 0, "fork");
      processes_.push_back(child);
    }
  }
  ~BusyCores() {
    for (const pid_t process : processes_) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
    ::munmap(counts_, sizeof *counts_);
  }
  BusyCores(const BusyCores&) = delete;
  BusyCores& operator=(const BusyCores&) = delete;

  /// What all of them get done per microsecond while `meanwhile()` runs.
  template <class Meanwhile>
  double rate(Meanwhile&& meanwhile) const {
    const std::uint64_t before = sum();
    const double elapsed = time_us(meanwhile);
    return static_cast<double>(sum() - before) / elapsed;
  }

 private:
  static constexpr int kMost = 64;
  struct alignas(64) Count {
    std::atomic<std::uint64_t> value{0};
  };
  struct Counts {
    Count of[kMost];
  };

  [[noreturn]] static void work(std::atomic<std::uint64_t>& count) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) count.fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t sum() const {
    std::uint64_t all = 0;
    for (const Count& count : counts_->of) all += count.value.load(std::memory_order_relaxed);
    return all;
  }

  Counts* counts_ = nullptr;
  std::vector<pid_t> processes_;
};

class Sleeper {
 public:
  void sleep() { std::this_thread::sleep_for(3ms); }
  void sleep_long() { std::this_thread::sleep_for(1h); }
};

/// What others lose to a runtime that waits all the time for answers that take longer than it looks for them.
void waiting_cost(std::string_view name) {
  const auto actor = manta::actor<Sleeper>();
  get(actor.call<&Sleeper::sleep>()).value();
  const BusyCores cores;
  std::vector<double> losses(11);
  for (double& loss : losses) {
    const double alone = cores.rate([] { std::this_thread::sleep_for(300ms); });
    const double beside = cores.rate([&] {
      for (const double end = now_us() + 3e5; now_us() < end;) get(actor.call<&Sleeper::sleep>()).value();
    });
    loss = (1 - beside / alone) * 100;
  }
  print(name, quantile(losses, 0.5), "%");
}

/// From the kill of an actor that has all CPUs until whoever waits for its answer has the error; until a task has run.
void death(std::string_view) {
  constexpr double kUsPerMs = 1e3;
  std::vector<double> to_error(101);
  std::vector<double> to_next_task(to_error.size());
  for (std::size_t i = 0; i < to_error.size(); ++i) {
    const auto actor = manta::actor<Sleeper>.with({.cpus = 2})();
    get(actor.call<&Sleeper::sleep>()).value();
    const auto call = actor.call<&Sleeper::sleep_long>();
    const auto next = remote<small_value>();
    const double begin = now_us();
    ::kill(actor.pid(), SIGKILL);
    MANTA_CHECK(!get(call).has_value(), "the actor lives");
    to_error[i] = (now_us() - begin) / kUsPerMs;
    MANTA_CHECK(get(next).has_value(), "the task failed");
    to_next_task[i] = (now_us() - begin) / kUsPerMs;
  }
  print_times("death_to_error", to_error, "ms");
  print_times("death_to_next_task", to_next_task, "ms");
}

}  // namespace

std::vector<CoreRow> process_rows() {
  return {{"actor_creation", print_creation<SmallActor>},
          {"start_to_first_result", start_to_first_result},
          {"death", death},
          {"idle_memory", idle_memory},
          {"idle_cpu", idle_cpu},
          {"waiting_cost_all_cores_busy", waiting_cost},
          {"waiting_cost_one_core", waiting_cost, 2, true}};
}

}  // namespace manta::bench
