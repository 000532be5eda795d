// SPDX-License-Identifier: Apache-2.0
// What the programs of the other message systems share: they measure what rows of the core comparison do, and print as
// these do.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace messaging {

constexpr std::size_t kBatch = 1000;  // Requests under way, as in 1_1_actor_calls_async.

inline double now_us() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline void print(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"value\": %.9g, \"unit\": \"%s\"}\n", name, value, unit);
  std::fflush(stdout);  // What follows may hang.
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Microseconds of one `call()`, the median of `count` after a tenth as many that warm up.
template <class Call>
double median_latency(Call&& call, int count = 10'000) {
  std::vector<double> times;
  for (int i = -count / 10; i < count; ++i) {
    const double begin = now_us();
    call();
    if (i >= 0) times.push_back(now_us() - begin);
  }
  return median(std::move(times));
}

/// Requests per second of `batch()`, which makes kBatch of them: the median of five spans after one that warms up.
template <class Batch>
double median_rate(Batch&& batch) {
  constexpr double kSpanUs = 4e5;
  std::vector<double> rates;
  for (int span = -1; span < 5; ++span) {
    const double begin = now_us();
    std::size_t batches = 0;
    do {
      batch();
      ++batches;
    } while (now_us() - begin < kSpanUs);
    if (span >= 0) rates.push_back(static_cast<double>(batches * kBatch) / (now_us() - begin) * 1e6);
  }
  return median(std::move(rates));
}

}  // namespace messaging
