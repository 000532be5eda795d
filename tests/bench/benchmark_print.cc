// SPDX-License-Identifier: Apache-2.0
// What needs no runtime: for benchmarks of single layers too.
#include <malloc.h>
#include <time.h>

#include <cstdio>

#include "tests/bench/benchmark_support.h"

namespace manta::bench {

double cpu_us() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double heap_bytes() {
  const struct mallinfo2 heap = ::mallinfo2();
  return static_cast<double>(heap.uordblks + heap.hblkhd);
}

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void print(std::string_view name, double value, std::string_view unit) {
  std::printf("{\"name\": \"%.*s\", \"value\": %.6g, \"unit\": \"%.*s\"}\n", static_cast<int>(name.size()), name.data(),
              value, static_cast<int>(unit.size()), unit.data());
}

void print_tail(std::string_view name, const std::vector<double>& times, std::string_view unit) {
  constexpr std::size_t kEnoughForP99 = 100;
  constexpr std::size_t kEnoughForP999 = 1000;
  const std::string start(name);
  if (times.size() >= kEnoughForP99) print(start + ".p99", quantile(times, 0.99), unit);
  if (times.size() >= kEnoughForP999) print(start + ".p99.9", quantile(times, 0.999), unit);
}

void print_times(std::string_view name, const std::vector<double>& times, std::string_view unit) {
  print(name, quantile(times, 0.5), unit);
  print_tail(name, times, unit);
}

}  // namespace manta::bench
