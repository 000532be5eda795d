// SPDX-License-Identifier: Apache-2.0
// What the benchmarks of the runtime share: the clock, quantiles, rates, the line of JSON, and two measurements.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace manta::bench {

inline double now_us() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Function>
double time_us(Function&& function) {
  const double begin = now_us();
  function();
  return now_us() - begin;
}

/// CPU time of this process' threads, so that other programs on the machine do not count.
double cpu_us();

/// In use on the heap; large pieces too.
double heap_bytes();

/// The value that the share `part` of `values` lies below; `values` is not empty.
double quantile(std::vector<double> values, double part);

/// One line of JSON on standard output.
void print(std::string_view name, double value, std::string_view unit);

/// What the median of `times` hides: `name`.p99 and `name`.p99.9, each only if there are so many times that one at
/// least lies beyond it.
void print_tail(std::string_view name, const std::vector<double>& times, std::string_view unit);

/// Times of single steps: their median as `name`, and their tail. `times` is not empty.
void print_times(std::string_view name, const std::vector<double>& times, std::string_view unit);

/// Times, in microseconds, of `count` steps one after the other.
template <class Step>
std::vector<double> times_of(std::size_t count, Step&& step) {
  std::vector<double> times(count);
  for (double& time : times) time = time_us(step);
  return times;
}

/// Steps per second over at least `us`, with a look at the clock after every `burst` of them.
template <class Step>
double rate_of_span(Step& step, double us, std::size_t burst) {
  const double begin = now_us();
  double elapsed = 0;
  std::size_t steps = 0;
  while (elapsed < us) {
    for (std::size_t i = 0; i < burst; ++i) step();
    steps += burst;
    elapsed = now_us() - begin;
  }
  return static_cast<double>(steps) / elapsed * 1e6;
}

/// Steps per second: the median of five spans, after one that warms up and tells how rarely to look at the clock.
template <class Step>
double measure_rate(Step&& step) {
  constexpr double kSpanUs = 4e5;
  constexpr double kLooksPerSecond = 100;
  const double first = rate_of_span(step, kSpanUs, 1);
  const auto burst = std::max<std::size_t>(1, static_cast<std::size_t>(first / kLooksPerSecond));
  std::vector<double> rates(5);
  for (double& rate : rates) rate = rate_of_span(step, kSpanUs, burst);
  return quantile(rates, 0.5);
}

/// A whole program, which time_of_start() starts: runs one task, and says when its result was there. The runtime is up.
void first_result();

/// Starts this program anew, with the argument "first_result". Returns how long it took until its result, in
/// microseconds.
double time_of_start();

/// Microseconds from an array of `bytes` on the heap to a ref, `count` times; its room in the store has been used
/// before.
std::vector<double> measure_put(std::size_t bytes, std::size_t count);

}  // namespace manta::bench
