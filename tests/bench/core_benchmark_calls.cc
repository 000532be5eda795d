// SPDX-License-Identifier: Apache-2.0
// Calls of actors, and tasks: one after the other, and by the batch.
#include <manta/manta.h>

#include <chrono>
#include <thread>

#include "tests/bench/benchmark_support.h"
#include "tests/bench/core_benchmark.h"

namespace manta::bench {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr std::size_t kActors = 2;  // Of the rows with n actors: one for each CPU.
constexpr std::size_t kBatchOfEach = 5000;

SmallValue small_value() { return 1; }

/// The refs of as many calls of `call` as a batch has.
template <class Call>
void get_batch(Call&& call) {
  std::vector<ObjectRef<SmallValue>> refs(kBatch);
  for (auto& ref : refs) ref = call();
  MANTA_CHECK(get(refs).has_value(), "a call failed");
}

/// Times of `count` calls of `call`, one after the other, after a tenth as many to warm up.
template <class Call>
void print_calls(std::string_view name, std::size_t count, Call&& call) {
  std::vector<double> times;
  times.reserve(count);
  for (std::size_t i = 0; i < count / 10; ++i) get(call()).value();
  for (std::size_t i = 0; i < count; ++i) times.push_back(time_us([&] { get(call()).value(); }));
  print_latencies(name, times);
}

void actor_calls_sync(std::string_view name) {
  const auto actor = manta::actor<SmallActor>();
  print_calls(name, 50'000, [&] { return actor.call<&SmallActor::small_value>(); });
}

// Before each call both have slept so long that nobody looks any more.
void actor_calls_sync_asleep(std::string_view name) {
  constexpr int kCalls = 300;
  const auto actor = manta::actor<SmallActor>();
  std::vector<double> times;
  for (int i = 0; i < kCalls; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    times.push_back(time_us([&] { get(actor.call<&SmallActor::small_value>()).value(); }));
  }
  print_latencies(name, times);
}

void actor_calls_async(std::string_view name) {
  const auto actor = manta::actor<SmallActor>();
  const auto batch = [&] { get_batch([&] { return actor.call<&SmallActor::small_value>(); }); };
  print(name, measure_rate(batch) * kBatch, "calls/s");
}

void actor_calls_with_arg_async(std::string_view name) {
  const auto actor = manta::actor<SmallActor>();
  const auto batch = [&] {
    const ObjectRef<int> argument = put(0);
    get_batch([&] { return actor.call<&SmallActor::small_value_with>(argument); });
  };
  print(name, measure_rate(batch) * kBatch, "calls/s");
}

void one_to_n_actor_calls_async(std::string_view name) {
  const std::vector<Actor<SmallActor>> actors{manta::actor<SmallActor>(), manta::actor<SmallActor>()};
  const auto batch = [&] {
    std::vector<ObjectRef<SmallValue>> refs;
    refs.reserve(kActors * kBatchOfEach);
    for (const auto& actor : actors)
      for (std::size_t i = 0; i < kBatchOfEach; ++i) refs.push_back(actor.call<&SmallActor::small_value>());
    MANTA_CHECK(get(refs).has_value(), "a call failed");
  };
  print(name, measure_rate(batch) * kActors * kBatchOfEach, "calls/s");
}

void tasks_sync(std::string_view name) {
  print_calls(name, 20'000, [] { return remote<small_value>(); });
}

void tasks_async(std::string_view name) {
  const auto batch = [] { get_batch([] { return remote<small_value>(); }); };
  print(name, measure_rate(batch) * kBatch, "tasks/s");
}

void tasks_and_get_batch(std::string_view name) {
  const auto batch = [] { get_batch([] { return remote<small_value>(); }); };
  print(name, measure_rate(batch), "batches/s");
}

// As many clients as CPUs, each an actor, each with an actor or tasks of its own.
class Client {
 public:
  void call_actor(const Actor<SmallActor>& actor) {
    get_batch([&] { return actor.call<&SmallActor::small_value>(); });
  }
  void run_tasks() {
    get_batch([] { return remote<small_value>(); });
  }
};

/// Batches of all clients at once: `start(client number)` has one make a batch.
template <class Start>
double rate_of_clients(Start&& start) {
  return measure_rate([&] {
           std::vector<ObjectRef<void>> batches;
           for (std::size_t i = 0; i < kActors; ++i) batches.push_back(start(i));
           for (const auto& batch : batches) MANTA_CHECK(get(batch).has_value(), "a client failed");
         }) *
         kActors * kBatch;
}

void n_to_n_actor_calls_async(std::string_view name) {
  const std::vector<Actor<SmallActor>> actors{manta::actor<SmallActor>(), manta::actor<SmallActor>()};
  const std::vector<Actor<Client>> clients{manta::actor<Client>(), manta::actor<Client>()};
  print(name, rate_of_clients([&](std::size_t i) { return clients[i].call<&Client::call_actor>(actors[i]); }),
        "calls/s");
}

void multi_client_tasks_async(std::string_view name) {
  const std::vector<Actor<Client>> clients{manta::actor<Client>(), manta::actor<Client>()};
  print(name, rate_of_clients([&](std::size_t i) { return clients[i].call<&Client::run_tasks>(); }), "tasks/s");
}

}  // namespace

std::vector<CoreRow> call_rows() {
  return {{"1_1_actor_calls_sync", actor_calls_sync},
          {"1_1_actor_calls_sync_one_core", actor_calls_sync, 2, true},
          {"1_1_actor_calls_sync_asleep", actor_calls_sync_asleep},
          {"1_1_actor_calls_async", actor_calls_async},
          {"1_1_actor_calls_with_arg_async", actor_calls_with_arg_async},
          {"1_n_actor_calls_async", one_to_n_actor_calls_async},
          {"n_n_actor_calls_async", n_to_n_actor_calls_async},
          {"single_client_tasks_sync", tasks_sync},
          {"single_client_tasks_async", tasks_async},
          {"single_client_tasks_and_get_batch", tasks_and_get_batch},
          {"multi_client_tasks_async", multi_client_tasks_async}};
}

}  // namespace manta::bench
