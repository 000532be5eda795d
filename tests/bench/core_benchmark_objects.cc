// SPDX-License-Identifier: Apache-2.0
// Objects: put, get of what is there, and waits.
#include <manta/manta.h>

#include <iterator>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"

namespace manta::bench {
namespace {

constexpr std::size_t kMib = std::size_t{1} << 20;
constexpr std::size_t kRefs = 1000;

using Bytes = SharedArray<std::uint64_t>;

constexpr double kUsPerMs = 1e3;

/// Microseconds of one of many steps, as `name`, and the tail of `count` single ones, of which each has a look at the
/// clock in its time.
template <class Step>
void print_steps(std::string_view name, std::size_t count, Step&& step) {
  print(name, 1e6 / measure_rate(step), "us");
  print_tail(name, times_of(count, step), "us");
}

/// Milliseconds of `count` single steps, after some that warm up.
template <class Step>
void print_long_steps(std::string_view name, std::size_t count, Step&& step) {
  times_of(count / 10, step);
  std::vector<double> times = times_of(count, step);
  for (double& time : times) time /= kUsPerMs;
  print_times(name, times, "ms");
}

void get_calls(std::string_view name) {
  const ObjectRef<int> ref = put(0);
  const auto step = [&] { MANTA_CHECK(get(ref).has_value(), "a put failed"); };
  print_steps(name, 100'000, step);
}

void put_calls(std::string_view name) {
  const auto step = [] { MANTA_CHECK(put(0).is_ready(), "a put is not done"); };
  print_steps(name, 100'000, step);
}

void put_gigabytes(std::string_view name) {
  constexpr std::size_t kBytes = 800 * kMib;
  const Bytes source(std::vector<std::uint64_t>(kBytes / sizeof(std::uint64_t)));
  const auto step = [&] { MANTA_CHECK(get(put(source)).has_value(), "the store is too small"); };
  print(name, measure_rate(step) * kBytes / 1e9, "GB/s");
}

void put_1_mb(std::string_view name) { print_times(name, measure_put(kMib, 1000), "us"); }
void put_100_mb(std::string_view name) { print_times(name, measure_put(100 * kMib, 1000), "us"); }

void get_100_mb(std::string_view name) {
  const auto ref = put(Bytes(std::vector<std::uint64_t>(100 * kMib / sizeof(std::uint64_t), 1)));
  const auto step = [&] { MANTA_CHECK(!get(ref).value().empty(), "the array is empty"); };
  print_steps(name, 100'000, step);
}

Bytes array_of_1_gb() {
  ArrayBuilder<std::uint64_t> array = make_array<std::uint64_t>({1024 * kMib / sizeof(std::uint64_t)}).value();
  return std::move(array).seal();
}

/// Of an array that a worker has made, none of which this process has seen.
void get_1_gb(std::string_view name) {
  std::vector<double> firsts(11);
  ObjectRef<Bytes> ref;
  for (double& first : firsts) {
    ref = remote<array_of_1_gb>();
    const std::vector<ObjectRef<Bytes>> refs{ref};
    wait(refs, 1);
    first = time_us([&] { MANTA_CHECK(get(ref).has_value(), "the store is too small"); });
  }
  print(std::string(name) + ".first", quantile(firsts, 0.5), "us");
  print_steps(name, 100'000, [&] { MANTA_CHECK(!get(ref).value().empty(), "the array is empty"); });
}

/// A thousand tasks, then a thousand waits for one: each takes out one ref that is ready, and goes on with the rest.
void wait_refs() {
  std::vector<ObjectRef<SmallValue>> refs(kRefs);
  for (auto& ref : refs) ref = remote<small_value>();
  while (!refs.empty()) {
    WaitResult<SmallValue> result = wait(std::move(refs), 1);
    refs = std::move(result.ready);
    refs.erase(refs.begin());
    refs.insert(refs.end(), std::move_iterator(result.pending.begin()), std::move_iterator(result.pending.end()));
  }
}

void wait_1k_refs(std::string_view name) { print_long_steps(name, 1000, wait_refs); }

/// Ten thousand tasks, whose results are taken one by one as they become ready.
void take_as_completed() {
  std::vector<ObjectRef<SmallValue>> refs(10 * kRefs);
  for (auto& ref : refs) ref = remote<small_value>();
  std::size_t taken = 0;
  for (auto& [index, ref] : as_completed(std::move(refs))) taken += ref.is_ready() ? 1 : 0;
  MANTA_CHECK(taken == 10 * kRefs, "a ref is missing");
}

void as_completed_10k_refs(std::string_view name) { print_long_steps(name, 100, take_as_completed); }

/// One object that contains ten thousand refs, which a task has made and this process reads.
std::vector<ObjectRef<int>> many_refs() {
  std::vector<ObjectRef<int>> refs(10 * kRefs);
  for (auto& ref : refs) ref = put(1);
  return refs;
}

void get_10k_refs(std::string_view name) {
  const auto object = remote<many_refs>();
  const auto step = [&] { MANTA_CHECK(get(object).value().size() == 10 * kRefs, "refs are missing"); };
  print_long_steps(name, 2000, step);
}

}  // namespace

std::vector<CoreRow> object_rows() {
  return {{"single_client_get_calls", get_calls},
          {"single_client_put_calls", put_calls},
          {"single_client_put_gigabytes", put_gigabytes},
          {"put_1_mb", put_1_mb},
          {"put_100_mb", put_100_mb},
          {"get_100_mb", get_100_mb},
          {"get_1_gb", get_1_gb},
          {"single_client_wait_1k_refs", wait_1k_refs},
          {"single_client_as_completed_10k_refs", as_completed_10k_refs},
          {"single_client_get_object_containing_10k_refs", get_10k_refs}};
}

}  // namespace manta::bench
