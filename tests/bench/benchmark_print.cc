// SPDX-License-Identifier: Apache-2.0
// What needs no runtime: for benchmarks of single layers too.
#include <cstdio>

#include "tests/bench/benchmark_support.h"

namespace manta::bench {

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void print(std::string_view name, double value, std::string_view unit) {
  std::printf("{\"name\": \"%.*s\", \"value\": %.6g, \"unit\": \"%.*s\"}\n", static_cast<int>(name.size()), name.data(),
              value, static_cast<int>(unit.size()), unit.data());
}

void print_latencies(std::string_view name, const std::vector<double>& times) {
  const std::string start(name);
  double sum = 0;
  for (const double time : times) sum += time;
  print(start, quantile(times, 0.5), "us");
  print(start + ".p99", quantile(times, 0.99), "us");
  print(start + ".p99.9", quantile(times, 0.999), "us");
  print(start + ".rate", static_cast<double>(times.size()) / sum * 1e6, "calls/s");
}

}  // namespace manta::bench
