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

SmallValue waited_for() { return 1; }

/// Microseconds of one of many steps.
double us_each(double rate) { return 1e6 / rate; }

void get_calls(std::string_view name) {
  const ObjectRef<int> ref = put(0);
  const auto step = [&] { MANTA_CHECK(get(ref).has_value(), "a put failed"); };
  print(name, us_each(measure_rate(step)), "us");
}

void put_calls(std::string_view name) {
  const auto step = [] { MANTA_CHECK(put(0).is_ready(), "a put is not done"); };
  print(name, us_each(measure_rate(step)), "us");
}

void put_gigabytes(std::string_view name) {
  constexpr std::size_t kBytes = 800 * kMib;
  const Bytes source(std::vector<std::uint64_t>(kBytes / sizeof(std::uint64_t)));
  const auto step = [&] { MANTA_CHECK(get(put(source)).has_value(), "the store is too small"); };
  print(name, measure_rate(step) * kBytes / 1e9, "GB/s");
}

void put_1_mb(std::string_view name) { print(name, quantile(measure_put(kMib), 0.5), "us"); }
void put_100_mb(std::string_view name) { print(name, quantile(measure_put(100 * kMib), 0.5), "us"); }

void get_100_mb(std::string_view name) {
  const auto ref = put(Bytes(std::vector<std::uint64_t>(100 * kMib / sizeof(std::uint64_t), 1)));
  const auto step = [&] { MANTA_CHECK(!get(ref).value().empty(), "the array is empty"); };
  print(name, us_each(measure_rate(step)), "us");
}

/// A thousand tasks, then a thousand waits for one: each takes out one ref that is ready, and goes on with the rest.
void wait_refs() {
  std::vector<ObjectRef<SmallValue>> refs(kRefs);
  for (auto& ref : refs) ref = remote<waited_for>();
  while (!refs.empty()) {
    WaitResult<SmallValue> result = wait(refs, 1);
    refs = std::move(result.ready);
    refs.erase(refs.begin());
    refs.insert(refs.end(), std::move_iterator(result.pending.begin()), std::move_iterator(result.pending.end()));
  }
}

void wait_1k_refs(std::string_view name) { print(name, 1e3 / measure_rate(wait_refs), "ms"); }

/// One object that contains ten thousand refs, which a task has made and this process reads.
std::vector<ObjectRef<int>> many_refs() {
  std::vector<ObjectRef<int>> refs(10 * kRefs);
  for (auto& ref : refs) ref = put(1);
  return refs;
}

void get_10k_refs(std::string_view name) {
  const auto object = remote<many_refs>();
  const auto step = [&] { MANTA_CHECK(get(object).value().size() == 10 * kRefs, "refs are missing"); };
  print(name, 1e3 / measure_rate(step), "ms");
}

}  // namespace

std::vector<CoreRow> object_rows() {
  return {{"single_client_get_calls", get_calls},
          {"single_client_put_calls", put_calls},
          {"single_client_put_gigabytes", put_gigabytes},
          {"put_1_mb", put_1_mb},
          {"put_100_mb", put_100_mb},
          {"get_100_mb", get_100_mb},
          {"single_client_wait_1k_refs", wait_1k_refs},
          {"single_client_get_object_containing_10k_refs", get_10k_refs}};
}

}  // namespace manta::bench
