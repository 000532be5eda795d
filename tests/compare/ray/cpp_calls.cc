// SPDX-License-Identifier: Apache-2.0
// Rows of the core comparison by Ray's C++ API. Compiled twice: as the driver, and as the library that its workers load.
#include <ray/api.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../messaging/measuring.h"

namespace {

using messaging::kBatch;

std::uint16_t small_value() { return 1; }

class SmallActor {
 public:
  static SmallActor* make() { return new SmallActor; }
  std::uint16_t small_value() { return 1; }
};

constexpr int kTimes = 2000;

// A thousand of what `call()` starts, until all are there.
template <class Call>
void get_batch(Call&& call) {
  std::vector<ray::ObjectRef<std::uint16_t>> refs;
  refs.reserve(kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) refs.push_back(call());
  ray::Get(refs);
}

void measure_calls() {
  auto actor = ray::Actor(&SmallActor::make).Remote();
  const auto call = [&] { return actor.Task(&SmallActor::small_value).Remote(); };
  messaging::print("1_1_actor_calls_sync", messaging::median_latency([&] { ray::Get(call()); }, kTimes), "us");
  messaging::print("1_1_actor_calls_async", messaging::median_rate([&] { get_batch(call); }), "calls/s");
}

void measure_tasks() {
  const auto task = [] { return ray::Task(&small_value).Remote(); };
  messaging::print("single_client_tasks_sync", messaging::median_latency([&] { ray::Get(task()); }, kTimes), "us");
  messaging::print("single_client_tasks_async", messaging::median_rate([&] { get_batch(task); }), "tasks/s");
}

void measure_objects() {
  const auto small = ray::Put(std::uint16_t{1});
  messaging::print("single_client_get_calls", messaging::median_latency([&] { ray::Get(small); }, kTimes), "us");
  messaging::print("single_client_put_calls", messaging::median_latency([] { ray::Put(std::uint16_t{1}); }, kTimes), "us");
  const std::string megabyte(std::size_t{1} << 20, 'x');
  messaging::print("put_1_mb", messaging::median_latency([&] { ray::Put(megabyte); }, 300), "us");
  const std::string large(std::size_t{100} << 20, 'x');
  messaging::print("put_100_mb", messaging::median_latency([&] { ray::Put(large); }, 20), "us");
  const auto stored = ray::Put(large);
  messaging::print("get_100_mb", messaging::median_latency([&] { ray::Get(stored); }, 20), "us");
}

}  // namespace

RAY_REMOTE(small_value, SmallActor::make, &SmallActor::small_value);

// Arguments: the address of the Ray to use, and the library.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  ray::RayConfig config;
  config.address = argv[1];
  config.code_search_path = {argv[2]};
  ray::Init(config);
  measure_calls();
  measure_tasks();
  measure_objects();
  ray::Shutdown();
}
