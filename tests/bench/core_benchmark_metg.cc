// SPDX-License-Identifier: Apache-2.0
// The minimum effective task granularity, METG(50 %), of Task Bench (Slaughter et al. 2020), for independent tasks.
#include <manta/manta.h>

#include <cmath>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"

namespace manta::bench {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr double kEnough = 0.5;  // Efficiency.

/// A fixed amount of work, which nothing else can be mistaken for: each step waits for the one before. Spinning until
/// some time would count the time in which another process had the core as work.
std::uint64_t work(std::uint64_t steps) {
  std::uint64_t value = steps;
  for (std::uint64_t i = 0; i < steps; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

/// How many steps take one microsecond of an undisturbed core.
double steps_per_us() {
  constexpr std::uint64_t kSteps = 1'000'000;
  double best = 0;
  volatile std::uint64_t sink = 0;
  for (int i = 0; i < 50; ++i) best = std::max(best, kSteps / time_us([&] { sink = work(kSteps); }));
  return best;
}

/// The share of the workers' time that is work, when each task is `us` of work.
double efficiency(double us, double workers, double steps_of_us) {
  const auto steps = static_cast<std::uint64_t>(us * steps_of_us);
  const auto batch = [&] {
    std::vector<ObjectRef<std::uint64_t>> refs(kBatch);
    for (auto& ref : refs) ref = remote<work>(steps);
    MANTA_CHECK(get(refs).has_value(), "a task failed");
  };
  batch();
  std::vector<double> rates(3);
  for (double& rate : rates) rate = rate_of_span(batch, 1e5, 1);
  return quantile(rates, 0.5) * kBatch * us / 1e6 / workers;
}

/// The work per task at which efficiency falls to half, in microseconds: from a length that is long enough down in
/// steps of two, then between the last two on a logarithmic scale.
double shortest_work(double workers) {
  constexpr double kLongest = 4096;
  const double steps_of_us = steps_per_us();
  double us = 256;
  double here = efficiency(us, workers, steps_of_us);
  while (here < kEnough && us < kLongest) here = efficiency(us *= 2, workers, steps_of_us);
  MANTA_CHECK(here >= kEnough, "no task is long enough: is the machine busy?");
  for (;;) {
    const double below = efficiency(us / 2, workers, steps_of_us);
    if (below < kEnough) return us / 2 * std::pow(2.0, (kEnough - below) / (here - below));
    us /= 2;
    here = below;
  }
}

// Granularity is the time of the workers divided by the number of tasks: at this efficiency, the work is half of it.
void print_metg(std::string_view name, double workers) {
  const double us = shortest_work(workers);
  print(name, us / kEnough, "us");
  print(std::string(name) + ".work", us, "us");
}

}  // namespace

std::vector<CoreRow> metg_rows() {
  return {{"metg_1_worker", [](std::string_view name) { print_metg(name, 1); }, 1},
          {"metg_2_workers", [](std::string_view name) { print_metg(name, 2); }, 2}};
}

}  // namespace manta::bench
